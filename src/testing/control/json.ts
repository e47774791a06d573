/**
 * A message of the protocol as JSON has it: bytes in Base64, integers beyond 2^53 as text.
 */
export function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) {
    return { base64: Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64') }
  }
  if (Array.isArray(value)) return value.map(jsonOf)
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, jsonOf(each)]))
}

/** The bytes in Base64 where they are no UTF-8, which the text then doesn't tell. */
export function base64Unless(text: string | null, bytes: Buffer | null): string | undefined {
  if (text === null || bytes === null || Buffer.from(text).equals(bytes)) return undefined
  return bytes.toString('base64')
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The six bits of each character; 0x40 and more where it isn't of the alphabet. */
const BITS = Uint8Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
)

/**
 * Writes the 16 bytes of a uuid in Kafka's text form, 22 characters of base64url. Three times as fast
 * as `Buffer.write`, and fetches carry a topic id for every topic.
 *
 * @returns false when the text isn't of that form
 */
export function putUuid(text: string, to: Uint8Array, offset: number): boolean {
  if (text.length !== 22) return false
  let at = offset
  let seen = 0
  for (let i = 0; i < 20; i += 4) {
    const a = bitsOf(text, i)
    const b = bitsOf(text, i + 1)
    const c = bitsOf(text, i + 2)
    const d = bitsOf(text, i + 3)
    seen |= a | b | c | d
    to[at++] = (a << 2) | (b >> 4)
    to[at++] = (b << 4) | (c >> 2)
    to[at++] = (c << 6) | d
  }
  const a = bitsOf(text, 20)
  const b = bitsOf(text, 21)
  to[at] = (a << 2) | (b >> 4)
  return (seen | a | b) < 0x40
}

function bitsOf(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code < 0x80 ? BITS[code]! : 0xff
}

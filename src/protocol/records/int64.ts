const TWO_32 = 2 ** 32

/** Reads a signed 64-bit integer, saturating to ±(2^53 - 1). */
export function readInt64(buffer: Buffer, position: number): number {
  const value = buffer.readInt32BE(position) * TWO_32 + buffer.readUInt32BE(position + 4)
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER
  return Math.max(value, Number.MIN_SAFE_INTEGER)
}

/** Writes a safe integer as a signed 64-bit integer. */
export function writeInt64(buffer: Buffer, position: number, value: number): void {
  buffer.writeInt32BE(Math.floor(value / TWO_32), position)
  buffer.writeUInt32BE(value >>> 0, position + 4)
}

/** A uuid as Java compares and hashes it: four words of 32 bits, the most significant first. */
type Words = readonly [number, number, number, number]

/** @param uuid in Kafka's text form, 22 characters of base64url */
function wordsOf(uuid: string): Words {
  const bytes = Buffer.from(uuid, 'base64url')
  return [bytes.readInt32BE(0), bytes.readInt32BE(4), bytes.readInt32BE(8), bytes.readInt32BE(12)]
}

/** `hashCode` of Kafka's `Uuid`. */
export function uuidHashCode(uuid: string): number {
  const [a, b, c, d] = wordsOf(uuid)
  return a ^ b ^ c ^ d
}

/** `compareTo` of Kafka's `Uuid`: by its halves as signed numbers. */
export function compareUuids(left: string, right: string): number {
  const a = Buffer.from(left, 'base64url')
  const b = Buffer.from(right, 'base64url')
  return (
    compare(a.readBigInt64BE(0), b.readBigInt64BE(0)) ||
    compare(a.readBigInt64BE(8), b.readBigInt64BE(8))
  )
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

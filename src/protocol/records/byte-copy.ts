// A native copy costs as much as some dozens of bytes in a loop.
const NATIVE_COPY_FROM = 48

/** Copies `length` bytes from one buffer to another. */
export function copyBytes(
  source: Buffer,
  from: number,
  target: Buffer,
  to: number,
  length: number,
): void {
  if (length >= NATIVE_COPY_FROM) {
    source.copy(target, to, from, from + length)
    return
  }
  for (let index = 0; index < length; index++) target[to + index] = source[from + index]!
}

/**
 * Repeats what lies `distance` bytes before `to`, `length` bytes of it, as LZ77 formats do: what it
 * writes it may read again.
 */
export function copyWithin(target: Buffer, to: number, distance: number, length: number): void {
  const from = to - distance
  if (length >= NATIVE_COPY_FROM && distance >= length) {
    target.copyWithin(to, from, from + length)
    return
  }
  for (let index = 0; index < length; index++) target[to + index] = target[from + index]!
}

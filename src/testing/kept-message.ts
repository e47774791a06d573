import type { WireType } from '../protocol/codec/field.js'
import type { AnyMessage, Fields } from '../protocol/codec/index.js'

/** What is kept of bytes in a message; the rest is cut off. */
export const MAX_KEPT_BYTES = 1024

/** Makes of a value one that pins no buffer of a connection; undefined where there is none to pin. */
type Keep = ((value: never) => unknown) | undefined

const keeps = new WeakMap<AnyMessage, { readonly keep: Keep }>()

/**
 * A message as it may be kept: long bytes are cut short, and none are views of buffers that others
 * own. A message that has no bytes is returned as it is.
 */
export function keptMessage(message: AnyMessage, value: unknown): unknown {
  let known = keeps.get(message)
  if (known === undefined) {
    known = { keep: keepFields(message.fields) }
    keeps.set(message, known)
  }
  return known.keep === undefined ? value : known.keep(value as never)
}

function keepFields(fields: Fields): Keep {
  const kept = Object.entries(fields).flatMap(([name, { type }]) => {
    const keep = keepOf(type)
    return keep === undefined ? [] : [{ name, keep }]
  })
  if (kept.length === 0) return undefined
  return (value: Readonly<Record<string, unknown>>) => {
    const copy: Record<string, unknown> = { ...value }
    for (const { name, keep } of kept) {
      if (copy[name] !== null && copy[name] !== undefined) copy[name] = keep(copy[name] as never)
    }
    return copy
  }
}

function keepOf(type: WireType): Keep {
  switch (type.kind) {
    case 'bytes':
    case 'records':
      return keepBytes
    case 'struct':
      return keepFields(type.fields)
    case 'array': {
      const keep = keepOf(type.element)
      return keep && ((values: readonly never[]) => values.map((value) => keep(value)))
    }
    default:
      return undefined
  }
}

/** Records that are answered come in pieces. */
function keepBytes(value: Uint8Array | readonly Uint8Array[]): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.subarray(0, MAX_KEPT_BYTES))
  const pieces: Uint8Array[] = []
  let left = MAX_KEPT_BYTES
  for (const piece of value) {
    if (left <= 0) break
    pieces.push(piece.subarray(0, left))
    left -= piece.length
  }
  return Buffer.concat(pieces)
}

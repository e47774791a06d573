/** A range of versions in Kafka's notation: `'3'`, `'0-12'`, `'3+'`. */
export type VersionText = `${number}` | `${number}-${number}` | `${number}+`

/** Versions from `min` to `max`, both inclusive; empty when `max < min`. */
export interface Versions {
  readonly min: number
  readonly max: number
}

export const ALL_VERSIONS: Versions = { min: 0, max: 0x7fff }
export const NO_VERSIONS: Versions = { min: 0, max: -1 }

export function parseVersions(text: VersionText | 'none'): Versions {
  if (text === 'none') return NO_VERSIONS
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new TypeError(`not a range of versions: ${text}`)
  const min = Number(match[1])
  if (match[2] !== undefined) return { min, max: ALL_VERSIONS.max }
  return { min, max: match[3] === undefined ? min : Number(match[3]) }
}

export function includes(versions: Versions, version: number): boolean {
  return version >= versions.min && version <= versions.max
}

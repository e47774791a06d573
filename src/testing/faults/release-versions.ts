import type { Versions } from '../../protocol/codec/index.js'

/** @throws TypeError for a release that isn't known */
export function releaseVersions(release: string): ReadonlyMap<number, Versions> {
  throw new TypeError(`release ${release} is not known`)
}

import { type Answer, CLOSE_CONNECTION, NO_ANSWER } from '../../broker/handler.js'
import { TRANSACTION_VERSION } from '../../metadata/features.js'
import { ApiKey, type ApiName } from '../../protocol/api-keys.js'
import { NO_VERSIONS, type Versions } from '../../protocol/codec/index.js'
import type { ApiVersionsResponse } from '../../protocol/schema/api-versions.js'
import { selectedApis } from './check-spec.js'
import type { FaultSpec } from './fault-spec.js'
import { releaseVersions } from './release-versions.js'

/** What becomes of an API's versions. */
export type VersionCapping = (
  handler: { readonly request: { readonly key: number } },
  usual: Versions,
) => Versions

/**
 * What a fault does to versions; undefined when it has nothing to do with them.
 *
 * @throws TypeError for a release that isn't known
 */
export function cappingOf(spec: FaultSpec): VersionCapping | undefined {
  if (spec.kind === 'asVersion') {
    const ofRelease = releaseVersions(spec.release)
    return ({ request }, usual) => both(usual, ofRelease.get(request.key) ?? NO_VERSIONS)
  }
  if (spec.kind !== 'capVersions') return undefined
  const apis = selectedApis(spec.api)
  const cap = { min: spec.min ?? 0, max: spec.max }
  return ({ request }, usual) =>
    apis === undefined || apis.has(request.key) ? both(usual, cap) : usual
}

/** What a feature's level stands for: clients that hear of it use these versions (KIP-584). */
const NEEDED_VERSIONS: Readonly<Record<string, Readonly<Partial<Record<ApiName, number>>>>> = {
  // KIP-890: partitions are added by producing to them.
  [TRANSACTION_VERSION]: { Produce: 12, EndTxn: 5, TxnOffsetCommit: 5 },
  'group.version': { ConsumerGroupHeartbeat: 0 },
}

/** An ApiVersions answer without what is capped, and without the features that need it. */
export function cappedVersions(
  answer: Answer<unknown>,
  cappings: readonly VersionCapping[],
): Answer<unknown> {
  if (answer === NO_ANSWER || answer === CLOSE_CONNECTION) return answer
  const message = answer as ApiVersionsResponse
  const apiKeys = message.apiKeys.flatMap((each) => {
    let versions: Versions = { min: each.minVersion, max: each.maxVersion }
    for (const capping of cappings) versions = capping({ request: { key: each.apiKey } }, versions)
    const { min, max } = versions
    return min > max ? [] : [{ ...each, minVersion: min, maxVersion: max }]
  })
  const lasts = new Map(apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]))
  const isThere = ({ name }: { readonly name: string }): boolean =>
    Object.entries(NEEDED_VERSIONS[name] ?? {}).every(([api, version]) => {
      const last = lasts.get(ApiKey[api as ApiName])
      return last !== undefined && last >= version
    })
  const { supportedFeatures, finalizedFeatures } = message
  return {
    ...message,
    apiKeys,
    supportedFeatures: supportedFeatures?.filter(isThere),
    finalizedFeatures: finalizedFeatures?.filter(isThere),
  }
}

function both(a: Versions, b: Versions): Versions {
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) }
}

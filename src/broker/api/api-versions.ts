import { inHashOrder, javaHashCode } from '../../coordinator/group/java-hash.js'
import { KRAFT_VERSION, METADATA_VERSION, supportedFeatures } from '../../metadata/features.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ApiKey } from '../../protocol/api-keys.js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../protocol/schema/api-versions.js'
import { servedVersions } from '../dispatch.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { type Handler, handler } from '../handler.js'

/** KIP-511's form of a client's name and version. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** From this version on, features whose lowest level is 0 may be named (KIP-584). */
const VERSION_WITH_LEVEL_0 = 4

/** How full a Java `HashMap` may be before it grows. */
const MAX_LOAD = 0.75

type ApiVersion = Input<typeof ApiVersionsResponse>['apiKeys'][number]

/**
 * What ApiVersions lists of the handlers: the schema's versions, or what Kafka says instead; with
 * `legacyVersions` what Kafka 3.9 had before them, too.
 */
export function advertisedVersions(
  handlers: readonly Handler[],
  legacyVersions = false,
): ApiVersion[] {
  return handlers
    .map((each) => ({
      apiKey: each.request.key,
      minVersion: legacyVersions ? servedVersions(each, true).min : each.request.advertised.min,
      maxVersion: each.request.advertised.max,
    }))
    .sort((a, b) => a.apiKey - b.apiKey)
}

/**
 * Which APIs are answered here, in which versions, and the cluster's features. `handlers` are all
 * that the dispatcher has; looked at with the first request.
 */
export const apiVersions = ({
  handlers,
  metadata,
  kraftVersion,
  config,
}: {
  readonly handlers: readonly Handler[]
  readonly metadata: MetadataImage
  readonly kraftVersion: number
  readonly config: DynamicBrokerConfig
}): Handler => {
  let apiKeys: ApiVersion[] | undefined
  return handler(ApiVersionsRequest, ApiVersionsResponse, {
    handle: ({ apiVersion, peer }, request) => {
      const { clientSoftwareName, clientSoftwareVersion } = request
      if (apiVersion >= 3) {
        if (!SOFTWARE.test(clientSoftwareName) || !SOFTWARE.test(clientSoftwareVersion)) {
          throw new KafkaError(ErrorCode.INVALID_REQUEST)
        }
        peer.clientSoftwareName = clientSoftwareName
        peer.clientSoftwareVersion = clientSoftwareVersion
      }
      apiKeys ??= advertisedVersions(handlers, config.current.servesLegacyVersions)
      return {
        errorCode: ErrorCode.NONE,
        apiKeys,
        throttleTimeMs: 0,
        supportedFeatures: inTableOrder(supportedFeatures)
          .filter(([, { min }]) => min > 0 || apiVersion >= VERSION_WITH_LEVEL_0)
          .map(([name, { min, max }]) => ({ name, minVersion: min, maxVersion: max })),
        finalizedFeaturesEpoch: metadata.provenance.offset,
        finalizedFeatures: inTableOrder(finalizedLevels(metadata.features, kraftVersion)).map(
          ([name, level]) => ({
            name,
            maxVersionLevel: level,
            minVersionLevel: level,
          }),
        ),
      }
    },
    // A client that asked in a version to come learns which ones there are (KIP-511).
    refuse: (_, { code }) => ({
      errorCode: code,
      apiKeys:
        code === ErrorCode.UNSUPPORTED_VERSION
          ? [
              {
                apiKey: ApiKey.ApiVersions,
                minVersion: ApiVersionsRequest.versions.min,
                maxVersion: ApiVersionsRequest.versions.max,
              },
            ]
          : [],
      throttleTimeMs: 0,
    }),
  })
}

/**
 * Kafka adds `metadata.version` to a copy of the other features, and then the quorum's own unless it
 * has level 0 (`KRaftMetadataCache.features`).
 */
function finalizedLevels(
  features: ReadonlyMap<string, number>,
  kraftVersion: number,
): Map<string, number> {
  const levels = new Map(
    [...features].sort(
      ([a], [b]) => Number(a === METADATA_VERSION) - Number(b === METADATA_VERSION),
    ),
  )
  if (kraftVersion > 0) levels.set(KRAFT_VERSION, kraftVersion)
  return levels
}

/** Kafka answers features in the order of the hash table that it keeps them in. */
function inTableOrder<V>(features: ReadonlyMap<string, V>): [string, V][] {
  let buckets = 1
  while (buckets * MAX_LOAD < features.size) buckets *= 2
  return inHashOrder(features, ([name]) => javaHashCode(name), buckets)
}

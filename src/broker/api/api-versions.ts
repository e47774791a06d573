import { supportedFeatures } from '../../metadata/features.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ApiKey } from '../../protocol/api-keys.js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../protocol/schema/api-versions.js'
import { type Handler, handler } from '../handler.js'

/** KIP-511's form of a client's name and version. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** From this version on, features whose lowest level is 0 may be named (KIP-584). */
const VERSION_WITH_LEVEL_0 = 4

/** Kafka answers features in the order of its hash tables, which is a different one for each list. */
const SUPPORTED_ORDER = [
  'group.version',
  'kraft.version',
  'metadata.version',
  'share.version',
  'streams.version',
  'transaction.version',
  'eligible.leader.replicas.version',
]
const FINALIZED_ORDER = [
  'group.version',
  'streams.version',
  'transaction.version',
  'eligible.leader.replicas.version',
  'kraft.version',
  'share.version',
  'metadata.version',
]

type ApiVersion = Input<typeof ApiVersionsResponse>['apiKeys'][number]

/** What ApiVersions lists of the handlers: the schema's versions, or what Kafka says instead. */
export function advertisedVersions(handlers: readonly Handler[]): ApiVersion[] {
  return handlers
    .map(({ request }) => ({
      apiKey: request.key,
      minVersion: request.advertised.min,
      maxVersion: request.advertised.max,
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
}: {
  readonly handlers: readonly Handler[]
  readonly metadata: MetadataImage
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
      apiKeys ??= advertisedVersions(handlers)
      return {
        errorCode: ErrorCode.NONE,
        apiKeys,
        throttleTimeMs: 0,
        supportedFeatures: inOrder(supportedFeatures, SUPPORTED_ORDER)
          .filter(([, { min }]) => min > 0 || apiVersion >= VERSION_WITH_LEVEL_0)
          .map(([name, { min, max }]) => ({ name, minVersion: min, maxVersion: max })),
        finalizedFeaturesEpoch: metadata.provenance.offset,
        finalizedFeatures: inOrder(metadata.features, FINALIZED_ORDER).map(([name, level]) => ({
          name,
          maxVersionLevel: level,
          minVersionLevel: level,
        })),
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

function inOrder<V>(features: ReadonlyMap<string, V>, order: readonly string[]): [string, V][] {
  return [...features].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
}

import { METADATA_VERSION } from '../metadata/features.js'
import { DirectoryId } from '../metadata/partition-record.js'
import type { NewRecord } from '../metadata/record.js'
import { recordVersions } from '../metadata/record-versions.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from '../protocol/schema/broker-registration.js'
import { toApiError } from './api-error.js'
import { cleanUpAfter } from './broker-fencing.js'
import type { Decision, DecisionContext } from './decision.js'

/** Ids below 100 stand for something else (`org.apache.kafka.common.DirectoryId.reserved`). */
const RESERVED_DIRECTORIES: ReadonlySet<string> = new Set(Object.values(DirectoryId))

/** What a broker that says nothing of `metadata.version` supports. */
const FIRST_METADATA_VERSION = 7

type Feature = BrokerRegistrationRequest['features'][number]

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REGISTRATION, message)
}

/**
 * Takes in a broker (Kafka's `ClusterControlManager.registerBroker`): fenced at first, with the
 * offset of the decision as its epoch.
 */
export function registerBroker(
  context: DecisionContext,
  request: BrokerRegistrationRequest,
): Decision<BrokerRegistrationResponse> {
  try {
    return decide(context, request)
  } catch (error) {
    const { errorCode } = toApiError(error)
    return { records: [], response: { throttleTimeMs: 0, errorCode, brokerEpoch: -1 } }
  }
}

function decide(
  context: DecisionContext,
  request: BrokerRegistrationRequest,
): Decision<BrokerRegistrationResponse> {
  const { image, nextOffset } = context
  requireAcceptable(context, request)
  const features = verifiedFeatures(image.features, request.features)
  const known = image.brokers.get(request.brokerId)
  const amended = known?.incarnationId === request.incarnationId ? known : undefined
  const isClean = known?.epoch === request.previousBrokerEpoch
  const cleanUp = amended ? [] : cleanUpAfter(context, request.brokerId, isClean)
  const brokerEpoch = amended?.epoch ?? nextOffset
  const { registerBroker: version } = recordVersions(image.features)
  const registration: NewRecord = {
    type: 'RegisterBrokerRecord',
    version,
    data: {
      brokerId: request.brokerId,
      incarnationId: request.incarnationId,
      brokerEpoch,
      endPoints: request.listeners,
      features,
      rack: request.rack,
      fenced: amended?.fenced ?? true,
      inControlledShutdown: amended?.inControlledShutdown ?? false,
      logDirs: version >= 3 ? request.logDirs : [],
    },
  }
  return {
    records: [...cleanUp, registration],
    divisible: true,
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, brokerEpoch },
  }
}

function requireAcceptable(context: DecisionContext, request: BrokerRegistrationRequest): void {
  const { image, liveness, nowMs } = context
  if (request.clusterId !== image.clusterId) {
    throw new KafkaError(
      ErrorCode.INCONSISTENT_CLUSTER_ID,
      `Expected cluster ID ${image.clusterId}, but got cluster ID ${request.clusterId}`,
    )
  }
  const known = image.brokers.get(request.brokerId)
  if (
    known !== undefined &&
    known.incarnationId !== request.incarnationId &&
    !known.inControlledShutdown &&
    liveness.hasSession(known.id, nowMs)
  ) {
    throw new KafkaError(
      ErrorCode.DUPLICATE_BROKER_REGISTRATION,
      'Another broker is registered with that broker id.',
    )
  }
  if (request.isMigratingZkBroker) {
    throw new KafkaError(
      ErrorCode.BROKER_ID_NOT_REGISTERED,
      'Controller does not support registering ZK brokers.',
    )
  }
  if (recordVersions(image.features).registerBroker >= 3) requireDirectories(context, request)
}

function requireDirectories(
  { image }: DecisionContext,
  { brokerId, logDirs }: BrokerRegistrationRequest,
): void {
  if (logDirs.length === 0) throw invalid('No directories specified in request')
  if (logDirs.some((id) => RESERVED_DIRECTORIES.has(id))) {
    throw invalid('Reserved directory ID in request')
  }
  if (new Set(logDirs).size !== logDirs.length) throw invalid('Duplicate directory ID in request')
  for (const other of image.brokers.values()) {
    const shared = logDirs.find((id) => other.id !== brokerId && other.directories.includes(id))
    if (shared === undefined) continue
    throw invalid(`Broker ${other.id} is already registered with directory ${shared}`)
  }
}

/** Every finalized level must be within what the broker supports. */
function verifiedFeatures(
  finalized: ReadonlyMap<string, number>,
  requested: readonly Feature[],
): Feature[] {
  const features = [...requested]
  if (!features.some(({ name }) => name === METADATA_VERSION)) {
    features.push({
      name: METADATA_VERSION,
      minSupportedVersion: FIRST_METADATA_VERSION,
      maxSupportedVersion: FIRST_METADATA_VERSION,
    })
  }
  const unnamed = [...finalized.keys()]
    .filter((name) => !features.some((feature) => feature.name === name))
    .map((name) => ({ name, minSupportedVersion: 0, maxSupportedVersion: 0 }))
  for (const { name, minSupportedVersion, maxSupportedVersion } of [...features, ...unnamed]) {
    const level = finalized.get(name) ?? 0
    if (level >= minSupportedVersion && level <= maxSupportedVersion) continue
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_VERSION,
      `Unable to register because the broker does not support finalized version ${level} of ${name}. ` +
        `The broker wants a version between ${minSupportedVersion} and ${maxSupportedVersion}, inclusive.`,
    )
  }
  return features
}

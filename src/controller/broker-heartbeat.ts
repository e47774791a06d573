import type { BrokerRegistration } from '../metadata/cluster.js'
import type { MetadataImage } from '../metadata/image.js'
import type { NewRecord } from '../metadata/record.js'
import { recordVersions } from '../metadata/record-versions.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
} from '../protocol/schema/broker-heartbeat.js'
import { toApiError } from './api-error.js'
import {
  beginControlledShutdown,
  changeCordoned,
  changeDirectories,
  fence,
  unfence,
} from './broker-fencing.js'
import type { Decision, DecisionContext } from './decision.js'
import { hasInIsr, isActive, leadershipChanges, leadsAny } from './leadership.js'

/** Where a broker stands (Kafka's `BrokerControlState`). */
type BrokerState = 'FENCED' | 'UNFENCED' | 'CONTROLLED_SHUTDOWN' | 'SHUTDOWN_NOW'

/**
 * The broker that speaks, if it is who it says.
 *
 * @throws KafkaError STALE_BROKER_EPOCH or BROKER_ID_NOT_REGISTERED
 */
export function requireBroker(image: MetadataImage, id: number, epoch: number): BrokerRegistration {
  const broker = image.brokers.get(id)
  if (!broker) {
    throw new KafkaError(
      ErrorCode.STALE_BROKER_EPOCH,
      `No broker registration found for broker id ${id}`,
    )
  }
  if (broker.epoch === epoch) return broker
  throw new KafkaError(
    ErrorCode.STALE_BROKER_EPOCH,
    `Expected broker epoch ${broker.epoch}, but got broker epoch ${epoch}`,
  )
}

/**
 * A broker is there, and says what it wants (`ReplicationControlManager.processBrokerHeartbeat`): to
 * be fenced, to serve, or to stop.
 */
export function brokerHeartbeat(
  context: DecisionContext,
  request: BrokerHeartbeatRequest,
): Decision<BrokerHeartbeatResponse> {
  try {
    return decide(context, request)
  } catch (error) {
    const { errorCode } = toApiError(error)
    const response = { isCaughtUp: false, isFenced: true, shouldShutDown: false }
    return { records: [], response: { throttleTimeMs: 0, errorCode, ...response } }
  }
}

function decide(
  context: DecisionContext,
  request: BrokerHeartbeatRequest,
): Decision<BrokerHeartbeatResponse> {
  const broker = requireBroker(context.image, request.brokerId, request.brokerEpoch)
  const current = currentState(broker)
  const next = nextState(context, broker, request)
  return {
    records: [
      ...(next === current ? [] : recordsFor(context, broker, next)),
      ...directoryRecords(context, broker, request),
    ],
    divisible: true,
    response: {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      isCaughtUp: request.currentMetadataOffset >= broker.epoch,
      isFenced: next === 'FENCED' || next === 'SHUTDOWN_NOW',
      shouldShutDown: next === 'SHUTDOWN_NOW',
    },
  }
}

function currentState(broker: BrokerRegistration): BrokerState {
  if (broker.fenced) return 'FENCED'
  return broker.inControlledShutdown ? 'CONTROLLED_SHUTDOWN' : 'UNFENCED'
}

/** Kafka's `BrokerHeartbeatManager.calculateNextBrokerState`. */
function nextState(
  context: DecisionContext,
  broker: BrokerRegistration,
  { wantFence, wantShutDown, currentMetadataOffset }: BrokerHeartbeatRequest,
): BrokerState {
  switch (currentState(broker)) {
    case 'FENCED':
      if (wantShutDown) return 'SHUTDOWN_NOW'
      // Whoever has begun to stop serves again only as another run.
      if (wantFence || broker.inControlledShutdown) return 'FENCED'
      // Its epoch is where it was registered: it knows of itself only from there on.
      return currentMetadataOffset >= broker.epoch ? 'UNFENCED' : 'FENCED'
    case 'UNFENCED':
      if (wantFence) return wantShutDown ? 'SHUTDOWN_NOW' : 'FENCED'
      if (!wantShutDown) return 'UNFENCED'
      return leadsAny(context.image, broker.id) ? 'CONTROLLED_SHUTDOWN' : 'SHUTDOWN_NOW'
    default:
      return mayStop(context, broker) ? 'SHUTDOWN_NOW' : 'CONTROLLED_SHUTDOWN'
  }
}

/** Everybody who serves has seen that others lead now what this broker led. */
function mayStop({ image, liveness }: DecisionContext, broker: BrokerRegistration): boolean {
  if (leadsAny(image, broker.id)) return false
  const offset = liveness.shutdownOffset(broker.id) ?? -1
  return [...image.brokers.keys()].every(
    (id) => !isActive(image, id) || liveness.metadataOffset(id) >= offset,
  )
}

function recordsFor(
  context: DecisionContext,
  broker: BrokerRegistration,
  next: BrokerState,
): NewRecord[] {
  switch (next) {
    case 'UNFENCED':
      return unfence(context, broker)
    case 'CONTROLLED_SHUTDOWN':
      return beginControlledShutdown(context, broker)
    default:
      return fence(context, broker)
  }
}

/** What the broker says of its log directories: those that failed, those that get nothing new. */
function directoryRecords(
  context: DecisionContext,
  broker: BrokerRegistration,
  { offlineLogDirs, cordonedLogDirs }: BrokerHeartbeatRequest,
): NewRecord[] {
  const { registerBroker: version } = recordVersions(context.image.features)
  const records: NewRecord[] = []
  const failed = broker.directories.filter((id) => offlineLogDirs.includes(id))
  if (version >= 3 && failed.length > 0) {
    const online = broker.directories.filter((id) => !failed.includes(id))
    records.push(changeDirectories(broker, online))
    records.push(
      ...leadershipChanges(context, { leaving: broker.id }, (partition) => {
        const directory = partition.directories[partition.replicas.indexOf(broker.id)]
        return (
          directory !== undefined && failed.includes(directory) && hasInIsr(broker.id)(partition)
        )
      }),
    )
  }
  if (version >= 4 && cordonedLogDirs && !sameSet(cordonedLogDirs, broker.cordonedDirectories)) {
    records.push(changeCordoned(broker, cordonedLogDirs))
  }
  return records
}

function sameSet(a: readonly string[], b: readonly string[] | null): boolean {
  return b !== null && a.length === b.length && a.every((id) => b.includes(id))
}

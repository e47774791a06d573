import type { NewRecord } from '../metadata/record.js'
import { LeaderRecoveryState, type PartitionImage, type TopicImage } from '../metadata/topic.js'
import { ErrorCode } from '../protocol/errors.js'
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
} from '../protocol/schema/alter-partition.js'
import { toApiError } from './api-error.js'
import { requireBroker } from './broker-heartbeat.js'
import type { Decision, DecisionContext } from './decision.js'
import { acceptableLeader, isActive, leadershipRules } from './leadership.js'
import { partitionAfter, partitionChange } from './partition-change.js'

type TopicRequest = AlterPartitionRequest['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]
type PartitionResponse = AlterPartitionResponse['topics'][number]['partitions'][number]
type Replica = PartitionRequest['newIsrWithEpochs'][number]

/** A leader tells who is in sync with it (Kafka's `ReplicationControlManager.alterPartition`). */
export function alterPartition(
  context: DecisionContext,
  request: AlterPartitionRequest,
): Decision<AlterPartitionResponse> {
  const answer = (errorCode: number, topics: AlterPartitionResponse['topics']) => ({
    throttleTimeMs: 0,
    errorCode,
    topics,
  })
  if (request.topics.length === 0) return { records: [], response: answer(ErrorCode.NONE, []) }
  try {
    requireBroker(context.image, request.brokerId, request.brokerEpoch)
  } catch (error) {
    return { records: [], response: answer(toApiError(error).errorCode, []) }
  }
  const records: NewRecord[] = []
  const topics = request.topics.map(({ topicId, partitions }) => {
    const topic = context.image.topicsById.get(topicId)
    return {
      topicId,
      partitions: partitions.map((wanted) =>
        topic
          ? alterOne(context, request.brokerId, topic, wanted, records)
          : refused(wanted, ErrorCode.UNKNOWN_TOPIC_ID),
      ),
    }
  })
  return { records, divisible: true, response: answer(ErrorCode.NONE, topics) }
}

function refused({ partitionIndex }: PartitionRequest, errorCode: number): PartitionResponse {
  return {
    partitionIndex,
    errorCode,
    leaderId: 0,
    leaderEpoch: 0,
    isr: [],
    leaderRecoveryState: 0,
    partitionEpoch: 0,
  }
}

function alterOne(
  context: DecisionContext,
  leader: number,
  topic: TopicImage,
  wanted: PartitionRequest,
  records: NewRecord[],
): PartitionResponse {
  const { image } = context
  const partition = topic.partitions.get(wanted.partitionIndex)
  const isr = newIsr(wanted)
  if (!partition) return refused(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const problem = problemWith(context, leader, partition, wanted, isr)
  if (problem !== ErrorCode.NONE) return refused(wanted, problem)
  const record = partitionChange({
    topicId: topic.id,
    partitionId: wanted.partitionIndex,
    partition,
    isr: isr.map(({ brokerId }) => brokerId),
    leaderRecoveryState: wanted.leaderRecoveryState,
    isAcceptableLeader: acceptableLeader(image, partition),
    ...leadershipRules(context, topic),
  })
  if (record) records.push(record)
  const after = record ? partitionAfter(partition, record) : partition
  if (after.leader !== leader) return refused(wanted, ErrorCode.NEW_LEADER_ELECTED)
  return {
    partitionIndex: wanted.partitionIndex,
    errorCode: ErrorCode.NONE,
    leaderId: after.leader,
    leaderEpoch: after.leaderEpoch,
    isr: [...after.isr],
    leaderRecoveryState: after.leaderRecoveryState,
    partitionEpoch: after.partitionEpoch,
  }
}

/** Before version 3 brokers' epochs aren't told, and -1 means that they don't matter (KIP-903). */
function newIsr({ newIsr: ids, newIsrWithEpochs }: PartitionRequest): readonly Replica[] {
  if (newIsrWithEpochs.length > 0) return newIsrWithEpochs
  return ids.map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
}

function problemWith(
  context: DecisionContext,
  leader: number,
  partition: PartitionImage,
  wanted: PartitionRequest,
  isr: readonly Replica[],
): ErrorCode {
  // Who knows more than the controller speaks to one that isn't active any more.
  if (wanted.leaderEpoch > partition.leaderEpoch) return ErrorCode.NOT_CONTROLLER
  if (wanted.partitionEpoch > partition.partitionEpoch) return ErrorCode.NOT_CONTROLLER
  if (wanted.leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (leader !== partition.leader) return ErrorCode.INVALID_REQUEST
  if (wanted.partitionEpoch < partition.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION
  const ids = isr.map(({ brokerId }) => brokerId)
  const isLegal =
    new Set(ids).size === ids.length &&
    ids.every((id) => partition.replicas.includes(id)) &&
    ids.includes(leader)
  const isRecovering = wanted.leaderRecoveryState === LeaderRecoveryState.RECOVERING
  const wasRecovered = partition.leaderRecoveryState === LeaderRecoveryState.RECOVERED
  if (!isLegal || (isRecovering && (ids.length > 1 || wasRecovered))) {
    return ErrorCode.INVALID_REQUEST
  }
  const isEligible = ({ brokerId, brokerEpoch }: Replica): boolean =>
    isActive(context.image, brokerId) &&
    (brokerEpoch === -1 || brokerEpoch === context.image.brokers.get(brokerId)?.epoch)
  return isr.every(isEligible) ? ErrorCode.NONE : ErrorCode.INELIGIBLE_REPLICA
}

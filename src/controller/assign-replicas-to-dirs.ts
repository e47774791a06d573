import { hasOnlineDirectory } from '../metadata/online-directory.js'
import type { NewRecord } from '../metadata/record.js'
import type { TopicImage } from '../metadata/topic.js'
import { ErrorCode } from '../protocol/errors.js'
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '../protocol/schema/assign-replicas-to-dirs.js'
import { toApiError } from './api-error.js'
import { requireBroker } from './broker-heartbeat.js'
import type { Decision, DecisionContext } from './decision.js'
import { acceptableLeader, leadershipRules } from './leadership.js'
import { partitionChange } from './partition-change.js'

/**
 * A broker tells in which of its log directories it has partitions (KIP-858, Kafka's
 * `ReplicationControlManager.handleAssignReplicasToDirs`).
 */
export function assignReplicasToDirs(
  context: DecisionContext,
  { brokerId, brokerEpoch, directories }: AssignReplicasToDirsRequest,
): Decision<AssignReplicasToDirsResponse> {
  const answer = (
    errorCode: number,
    assigned: AssignReplicasToDirsResponse['directories'],
  ): AssignReplicasToDirsResponse => ({ throttleTimeMs: 0, errorCode, directories: assigned })
  try {
    requireBroker(context.image, brokerId, brokerEpoch)
  } catch (error) {
    return { records: [], response: answer(toApiError(error).errorCode, []) }
  }
  const records: NewRecord[] = []
  const assigned = directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => {
      const topic = context.image.topicsById.get(topicId)
      return {
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: topic
            ? assign(context, brokerId, id, topic, partitionIndex, records)
            : ErrorCode.UNKNOWN_TOPIC_ID,
        })),
      }
    }),
  }))
  return { records, divisible: true, response: answer(ErrorCode.NONE, assigned) }
}

function assign(
  context: DecisionContext,
  brokerId: number,
  directoryId: string,
  topic: TopicImage,
  partitionId: number,
  records: NewRecord[],
): ErrorCode {
  const partition = topic.partitions.get(partitionId)
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const at = partition.replicas.indexOf(brokerId)
  if (at === -1) return ErrorCode.NOT_LEADER_OR_FOLLOWER
  const directories = partition.directories.with(at, directoryId)
  // A replica in a directory that has failed meanwhile leads nothing, and is in sync with nobody.
  const broker = context.image.brokers.get(brokerId)!
  const isOnline = hasOnlineDirectory(broker, directoryId)
  const record = partitionChange({
    topicId: topic.id,
    partitionId,
    partition,
    directories,
    isr: isOnline ? partition.isr : partition.isr.filter((replica) => replica !== brokerId),
    isAcceptableLeader: acceptableLeader(context.image, { ...partition, directories }),
    ...leadershipRules(context, topic),
  })
  if (record) records.push(record)
  return ErrorCode.NONE
}

import type { Logger } from '../../../env/logger.js'
import type { CoordinatorRuntime } from '../../runtime/coordinator-runtime.js'
import { type GroupStateMachine, MAX_TOMBSTONES } from '../group-state-machine.js'
import { partitionForGroup } from '../offsets-topic.js'

/** Where groups are, to forget what they have for topics. */
export interface TopicDeletionOptions {
  readonly runtime: CoordinatorRuntime<GroupStateMachine>
  /** Of `__consumer_offsets`. */
  readonly partitionCount: number
  readonly logger: Logger
}

/** A topic that is gone. */
export interface DeletedTopic {
  readonly name: string
  readonly id: string
}

/** Topics are gone: so are the offsets committed for them. Resolves when that is on the log. */
export async function deleteOffsetsOfTopics(
  topics: readonly DeletedTopic[],
  options: TopicDeletionOptions,
): Promise<void> {
  const { runtime } = options
  const gone = new Map(topics.map(({ name, id }) => [name, id]))
  await runtime.allLoaded()
  const deletions: Promise<void>[] = []
  for (const { machine } of runtime.active()) {
    for (const groupId of machine.groupsWithOffsets()) {
      deletions.push(deleteOffsets(groupId, gone, options))
    }
  }
  await Promise.all(deletions)
}

/** A batch of tombstones at a time, until nothing is left of the topics. */
async function deleteOffsets(
  groupId: string,
  topics: ReadonlyMap<string, string>,
  { runtime, partitionCount, logger }: TopicDeletionOptions,
): Promise<void> {
  for (;;) {
    let count = 0
    try {
      await runtime.run(partitionForGroup(groupId, partitionCount), groupId, (machine) => {
        const records = machine.deletionsOf(groupId, topics)
        count = records.length
        return { records, response: undefined }
      })
    } catch (error) {
      logger.warn({ groupId, err: error }, 'offsets of deleted topics are still there')
      return
    }
    if (count < MAX_TOMBSTONES) return
  }
}

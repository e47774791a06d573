import { ApiKey } from '../../src/protocol/api-keys.js'
import { type BatchInput, buildBatch, type RecordInput } from '../../src/protocol/records/index.js'
import type { Body, Conversation } from './conversation.js'

/** An id that no topic has. */
export const NO_TOPIC_ID = 'ESIzRFVmd4iZqrvM3e7_EA'

/** When the records of the scripts were made: long ago, and the same for every broker. */
export const THEN_MS = 1_700_000_000_000

/** Keeps the records of {@link THEN_MS}, which retention would delete 30 s after the start. */
export const WITHOUT_RETENTION = { 'log.initial.task.delay.ms': '3600000' }

/** Creates a topic and waits until it can be used. @returns its id */
export async function createTopic(
  t: Conversation,
  name: string,
  numPartitions = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const answer = await t.quietly(ApiKey.CreateTopics, 7, {
    topics: [
      {
        name,
        numPartitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  if (answer.topics[0].errorCode !== 0) throw new Error(`${name}: ${answer.topics[0].errorMessage}`)
  await awaitTopic(t, name, numPartitions)
  return answer.topics[0].topicId
}

/** Waits until a topic can be used. */
export async function awaitTopic(
  t: Conversation,
  name: string,
  numPartitions: number,
): Promise<void> {
  await t.quietly(
    ApiKey.Metadata,
    12,
    { topics: [{ name }], allowAutoTopicCreation: false },
    { until: (body) => body.topics[0].errorCode === 0 },
  )
  // Leadership reaches the log a moment after the metadata says so.
  await t.quietly(
    ApiKey.ListOffsets,
    1,
    {
      replicaId: -1,
      topics: [
        {
          name,
          partitions: Array.from({ length: numPartitions }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp: -1n,
          })),
        },
      ],
    },
    {
      until: (body) =>
        body.topics[0].partitions.every((each: { errorCode: number }) => each.errorCode === 0),
    },
  )
}

/** Waits until groups can be used: their topic is created when the first one is looked up. */
export async function prepareGroups(t: Conversation): Promise<void> {
  await t.quietly(
    ApiKey.FindCoordinator,
    3,
    { key: 'any', keyType: 0 },
    { until: (body) => body.errorCode === 0 },
  )
  await t.quietly(
    ApiKey.OffsetFetch,
    7,
    { groupId: 'any', topics: [] },
    { until: (body) => body.errorCode === 0 },
  )
}

/** So many names that every partition of a coordinator's topic has some. */
const EVERYWHERE = Array.from({ length: 600 }, (_, index) => `everywhere-${index}`)
const isLoaded = ({ errorCode }: Body): boolean => !COORDINATOR_ERRORS.includes(errorCode)

/** The coordinator loads, isn't there yet, or isn't this one. */
export const COORDINATOR_ERRORS: readonly number[] = [14, 15, 16]

/** As {@link prepareGroups}, and until every group can be used. */
export async function prepareEveryGroup(t: Conversation): Promise<void> {
  await prepareGroups(t)
  await t.quietly(
    ApiKey.DescribeGroups,
    5,
    { groups: EVERYWHERE, includeAuthorizedOperations: false },
    { until: ({ groups }) => groups.every(isLoaded) },
  )
}

/** Waits until every transactional id can be used: their topic is created for the first. */
export async function prepareTransactions(t: Conversation): Promise<void> {
  await t.quietly(
    ApiKey.FindCoordinator,
    3,
    { key: 'any', keyType: 1 },
    { until: (body) => body.errorCode === 0 },
  )
  await t.quietly(
    ApiKey.DescribeTransactions,
    0,
    { transactionalIds: EVERYWHERE },
    { until: ({ transactionStates }) => transactionStates.every(isLoaded) },
  )
  // Producer ids are fetched from the controller when the first one is asked for.
  await t.quietly(
    ApiKey.InitProducerId,
    4,
    { transactionalId: null, transactionTimeoutMs: 60_000 },
    { until: isLoaded },
  )
}

/** A batch of records with the values given, made at {@link THEN_MS}. */
export function batchOf(values: readonly string[], more: Partial<BatchInput> = {}): Buffer {
  const records = values.map(
    (value, index): RecordInput => ({
      key: Buffer.from(`k${index}`),
      value: Buffer.from(value),
      timestamp: THEN_MS + index,
    }),
  )
  return buildBatch({ records, ...more })
}

/** Writes a batch with the newest version and sees that it was taken. */
export async function produceTo(
  t: Conversation,
  name: string,
  records: Buffer,
  index = 0,
): Promise<void> {
  const answer = await t.quietly(ApiKey.Produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name, partitionData: [{ index, records }] }],
  })
  const { errorCode } = answer.responses[0].partitionResponses[0]
  if (errorCode !== 0) throw new Error(`produce to ${name}: ${errorCode}`)
}

import { ApiKey } from '../../src/protocol/api-keys.js'
import { type BatchInput, buildBatch, type RecordInput } from '../../src/protocol/records/index.js'
import type { Conversation } from './conversation.js'

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
  return answer.topics[0].topicId
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

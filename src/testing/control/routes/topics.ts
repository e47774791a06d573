import { ConfigResourceType } from '../../../metadata/config/resource.js'
import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import { checkRecord, type RecordSeed } from '../../seed/seed.js'
import { Seeding } from '../../seed/seeding.js'
import type { RecordView, TopicView } from '../../views.js'
import { asked } from '../asked.js'
import type { ControlContext } from '../context.js'
import { base64Unless } from '../json.js'
import {
  Done,
  NewRecords,
  NewTopic,
  Produced,
  type RecordModel,
  Records,
  Topic,
  Topics,
} from '../models.js'
import { type Route, route } from '../route.js'
import { oneOf, whole } from '../schema.js'

/** Of each partition, in one answer. */
const MAX_RECORDS = 10_000
const DEFAULT_MAX_RECORDS = 1000

export const recordQuery = {
  partition: whole('Of this partition only.', 0),
  from: whole('From this offset on.', 0),
  max: whole(
    `So many at most of each partition; ${DEFAULT_MAX_RECORDS} unless said.`,
    1,
    MAX_RECORDS,
  ),
  isolation: oneOf(
    ['read_uncommitted', 'read_committed'],
    'read_committed, which is so unless said, leaves out what transactions have not committed.',
  ),
} as const

/** Topics and what is in them. */
export const topicRoutes = (): readonly Route[] => [
  route({
    method: 'GET',
    path: '/topics',
    operationId: 'listTopics',
    summary: "All topics but Kafka's own",
    answer: Topics,
    handle: ({ context: { broker } }) => ({
      topics: broker.topics().map((name) => {
        const partitions = broker.topic(name).partitions()
        let messageCount = 0
        for (const each of partitions) messageCount += each.highWatermark - each.logStartOffset
        return { name, partitionCount: partitions.length, messageCount }
      }),
    }),
  }),
  route({
    method: 'POST',
    path: '/topics',
    operationId: 'createTopic',
    summary: 'Creates a topic',
    body: NewTopic,
    answer: Topic,
    handle: async ({ context, body: { name, partitions, configs = {} } }) => {
      const texts = Object.entries(configs).map(([key, value]) => [key, String(value)] as const)
      await context.admin.createTopics([{ name, partitions, configs: new Map(texts) }])
      return topicOf(context, name)
    },
  }),
  route({
    method: 'GET',
    path: '/topics/{name}',
    operationId: 'getTopic',
    summary: 'A topic with its partitions and what is set on it',
    answer: Topic,
    handle: ({ context, params }) => topicOf(context, params.name!),
  }),
  route({
    method: 'DELETE',
    path: '/topics/{name}',
    operationId: 'deleteTopic',
    summary: 'Deletes a topic',
    answer: Done,
    handle: async ({ context, params }) => {
      existing(context, params.name!)
      await context.admin.deleteTopics([params.name!])
      return { done: true }
    },
  }),
  route({
    method: 'GET',
    path: '/topics/{name}/records',
    operationId: 'getRecords',
    summary: 'Records of a topic, decoded, by partition and offset',
    query: recordQuery,
    answer: Records,
    handle: async ({ context, params, query }) => {
      const topic = existing(context, params.name!)
      const records = await topic.records({ max: DEFAULT_MAX_RECORDS, ...query })
      return { records: records.map(recordModel) }
    },
  }),
  route({
    method: 'POST',
    path: '/topics/{name}/records',
    operationId: 'produce',
    summary: 'Produces records; a topic that is not there is created, as for a producer',
    body: NewRecords,
    answer: Produced,
    handle: async ({ context, params, body }) => {
      const name = params.name!
      const records = body.records as readonly RecordSeed[]
      const { config } = context.running().server.services
      if (!config.current.get('auto.create.topics.enable')) existing(context, name)
      await asked(() => {
        for (const [i, record] of records.entries()) checkRecord(`records[${i}]`, record)
      })
      const seeding = new Seeding(context.running(), context.admin, context.nowMs)
      await seeding.apply({ topics: { [name]: { records } } })
      return { produced: records.length }
    },
  }),
]

/** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION */
function existing({ broker }: ControlContext, name: string): TopicView {
  const topic = broker.topic(name)
  if (topic.exists()) return topic
  throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic ${name}`)
}

function topicOf(context: ControlContext, name: string) {
  const topic = existing(context, name)
  const { metadata } = context.running().server.services
  const configs = Object.fromEntries(metadata.configs(ConfigResourceType.TOPIC, name))
  return { name, configs, partitions: topic.partitions() }
}

export function recordModel(record: RecordView): RecordModel {
  const { keyBytes, valueBytes, ...rest } = record
  const keyBase64 = base64Unless(record.key, keyBytes)
  const valueBase64 = base64Unless(record.value, valueBytes)
  return {
    ...rest,
    ...(keyBase64 === undefined ? {} : { keyBase64 }),
    ...(valueBase64 === undefined ? {} : { valueBase64 }),
  }
}

import { randomBytes } from 'node:crypto'
import { type EachMessagePayload, Kafka, type KafkaMessage, logLevel, Partitioners } from 'kafkajs'
import { until } from '../../support/until.js'

export function clientOf(bootstrap: string, retries = 5): Kafka {
  return new Kafka({
    clientId: 'compat',
    brokers: bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries, initialRetryTime: 50 },
  })
}

/** A name nobody used, so that a test can run again on the same broker. */
export const unique = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`

export const producerOf = (kafka: Kafka, options = {}) =>
  kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, ...options })

/** Makes a topic of its own for a test. */
export async function topicOf(kafka: Kafka, numPartitions = 1): Promise<string> {
  const topic = unique('topic')
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions }] })
  await admin.disconnect()
  return topic
}

export interface Received {
  readonly partition: number
  readonly message: KafkaMessage
}

/** Reads a topic from its start with a group of its own until there are `count` messages. */
export async function readAll(kafka: Kafka, topic: string, count: number): Promise<Received[]> {
  const consumer = kafka.consumer({ groupId: unique('reader'), maxWaitTimeInMs: 50 })
  const received: Received[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ partition, message }: EachMessagePayload) => {
      received.push({ partition, message })
    },
  })
  await until(() => received.length >= count, `${count} messages of ${topic}`)
  await consumer.disconnect()
  return received
}

/** What a rejected promise was rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise
  } catch (error) {
    return error as Record<string, unknown>
  }
  throw new Error('nothing was thrown')
}

import { ApiKey } from '../../src/protocol/api-keys.js'
import type { AskOptions, Body, Conversation } from './conversation.js'
import { batchOf } from './fixtures.js'

const CONCURRENT_TRANSACTIONS = 51

/** What a transactional producer puts in each of its requests. */
export interface Producer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

/** A topic by what the versions of Produce and Fetch call it. */
export interface Topic {
  readonly name: string
  readonly topicId: string
}

/** Asks again while the markers of the transaction before are going out. */
export const onceCompleted: AskOptions = {
  until: ({ errorCode }) => errorCode !== CONCURRENT_TRANSACTIONS,
}

export function initBody(transactionalId: string | null, more: object = {}): object {
  return { transactionalId, transactionTimeoutMs: 60_000, ...more }
}

/** Has a transactional id's producer begun (anew), whatever was before. */
export async function initProducer(
  t: Conversation,
  transactionalId: string,
  more: object = {},
): Promise<Producer> {
  const answer = await t.quietly(ApiKey.InitProducerId, 5, initBody(transactionalId, more), {
    until: ({ errorCode }) => errorCode === 0,
  })
  return producerOf(transactionalId, answer)
}

export function producerOf(transactionalId: string, answer: Body): Producer {
  const { producerId, producerEpoch } = answer
  return { transactionalId, producerId, producerEpoch }
}

/** The same with another epoch. */
export function atEpoch(producer: Producer, producerEpoch: number): Producer {
  return { ...producer, producerEpoch }
}

export interface Added {
  readonly name: string
  readonly partitions: readonly number[]
}

export function addBody(version: number, producer: Producer, topics: readonly Added[]): object {
  if (version >= 4) return { transactions: [{ ...producer, topics }] }
  return {
    v3AndBelowTransactionalId: producer.transactionalId,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: topics,
  }
}

/** Adds partitions as a producer of before KIP-890 does. */
export async function addQuietly(
  t: Conversation,
  producer: Producer,
  topics: readonly Added[],
): Promise<void> {
  const answer = await t.quietly(ApiKey.AddPartitionsToTxn, 3, addBody(3, producer, topics), {
    until: ({ resultsByTopicV3AndBelow: [topic] }) =>
      topic.resultsByPartition[0].partitionErrorCode !== CONCURRENT_TRANSACTIONS,
  })
  for (const { resultsByPartition } of answer.resultsByTopicV3AndBelow) {
    for (const { partitionErrorCode } of resultsByPartition) {
      if (partitionErrorCode !== 0) throw new Error(`adding partitions: ${partitionErrorCode}`)
    }
  }
}

export function transactionalBatch(
  producer: Producer,
  baseSequence: number,
  values: readonly string[] = ['a', 'b'],
): Buffer {
  const { producerId, producerEpoch } = producer
  return batchOf(values, { producerId, producerEpoch, baseSequence, transactional: true })
}

export function produceBody(
  version: number,
  topic: Topic,
  records: Buffer,
  more: object = {},
  index = 0,
): object {
  return {
    transactionalId: null,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [
      {
        ...(version >= 13 ? { topicId: topic.topicId } : { name: topic.name }),
        partitionData: [{ index, records }],
      },
    ],
    ...more,
  }
}

/** Waits until no transaction of this id is going on or being ended. */
export async function completed(t: Conversation, transactionalId: string): Promise<void> {
  await t.quietly(
    ApiKey.DescribeTransactions,
    0,
    { transactionalIds: [transactionalId] },
    {
      until: ({ transactionStates: [{ transactionState }] }) =>
        !/^(Prepare|Ongoing)/.test(transactionState),
    },
  )
}

/** Ends a transaction as a producer of before KIP-890 does, and sees it ended. */
export async function endQuietly(
  t: Conversation,
  producer: Producer,
  committed: boolean,
): Promise<void> {
  const answer = await t.quietly(ApiKey.EndTxn, 4, { ...producer, committed })
  if (answer.errorCode !== 0) throw new Error(`ending a transaction: ${answer.errorCode}`)
  await completed(t, producer.transactionalId)
}

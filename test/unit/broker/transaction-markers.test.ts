import t from 'tap'
import { describeProducers } from '../../../src/broker/api/describe-producers.js'
import { writeTxnMarkers } from '../../../src/broker/api/write-txn-markers.js'
import { TransactionMarkers } from '../../../src/broker/transaction-markers.js'
import type { TransactionEnd } from '../../../src/coordinator/runtime/transaction.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { batchOf } from '../storage/storage-fixture.js'
import { type Body, DataPlane } from './data-plane-fixture.js'

const VERSION = 2

async function rigFor(t: Parameters<typeof DataPlane.start>[0]) {
  const plane = await DataPlane.start(t)
  plane.createTopic('pets', 2)
  plane.createTopic('__consumer_offsets', 3)
  const ended: (readonly [number, TransactionEnd])[] = []
  const groups = {
    completeTransaction: async (partition: number, end: TransactionEnd) => {
      if (partition === 2) throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
      ended.push([partition, end])
    },
  }
  const { replicas, clock, logger, authorizer } = plane
  const transactionMarkers = new TransactionMarkers({ replicas, groups, clock, logger })
  const handler = writeTxnMarkers({ transactionMarkers, authorizer })
  const write = async (topics: Record<string, number[]>, more: object = {}) => {
    const marker = {
      producerId: 5,
      producerEpoch: 0,
      transactionResult: true,
      coordinatorEpoch: 3,
      topics: Object.entries(topics).map(([name, partitionIndexes]) => ({
        name,
        partitionIndexes,
      })),
      ...more,
    }
    return (await plane.ask(handler, VERSION, { markers: [marker] })) as Body
  }
  return { plane, ended, write }
}

function codesOf({ markers }: Body): number[] {
  return markers.flatMap(({ topics }: Body) =>
    topics.flatMap(({ partitions }: Body) => partitions.map(({ errorCode }: Body) => errorCode)),
  )
}

function begin(plane: DataPlane, partition: number): Promise<void> {
  const batch = { producerId: 5, producerEpoch: 0, baseSequence: 0, transactional: true }
  return plane.append('pets', batchOf(['x'], batch), partition)
}

t.test('a marker ends a transaction in each of its partitions', async (t) => {
  const { plane, write } = await rigFor(t)
  for (const partition of [0, 1]) await begin(plane, partition)
  const logs = [0, 1].map((partition) => plane.replicas.partition('pets', partition).log)
  const [first, second] = [logs[0]!, logs[1]!]
  t.strictSame(codesOf(await write({ pets: [0] })), [0])
  t.strictSame([first.lastStableOffset, second.lastStableOffset], [2, 0])
  t.strictSame(codesOf(await write({ pets: [1] }, { transactionResult: false })), [0])
  t.equal(second.lastStableOffset, 2)
  t.strictSame(first.abortedTransactions(0, 1000), [])
  t.match(second.abortedTransactions(0, 1000), [{ producerId: 5, firstOffset: 0, lastOffset: 1 }])
})

t.test('each partition has an error of its own', async (t) => {
  const { plane, write } = await rigFor(t)
  plane.createTopic('elsewhere', 1, {}, 2)
  plane.registerOther(2, 9192)
  await write({ pets: [0] })
  const {
    TRANSACTION_COORDINATOR_FENCED,
    UNKNOWN_TOPIC_OR_PARTITION,
    NOT_LEADER_OR_FOLLOWER,
    INVALID_PRODUCER_EPOCH,
  } = ErrorCode
  const old = await write({ pets: [0, 1, 9], none: [0], elsewhere: [0] }, { coordinatorEpoch: 2 })
  t.strictSame(codesOf(old), [
    TRANSACTION_COORDINATOR_FENCED,
    0,
    UNKNOWN_TOPIC_OR_PARTITION,
    UNKNOWN_TOPIC_OR_PARTITION,
    NOT_LEADER_OR_FOLLOWER,
  ])
  await begin(plane, 0)
  const same = await write({ pets: [0] }, { transactionVersion: 2 })
  t.strictSame(codesOf(same), [INVALID_PRODUCER_EPOCH])
})

t.test('where offsets are, the group coordinator ends it', async (t) => {
  const { plane, ended, write } = await rigFor(t)
  const answer = await write({ __consumer_offsets: [1, 2, 7] }, { transactionVersion: 2 })
  t.strictSame(codesOf(answer), [
    0,
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ])
  const end = { producerId: 5, producerEpoch: 0, coordinatorEpoch: 3, committed: true }
  t.strictSame(ended, [[1, { ...end, transactionVersion: 2 }]])
  t.equal(plane.replicas.partition('__consumer_offsets', 1).log.nextOffset, 0)
})

t.test('a marker of nobody fails all, one for nothing is not told of', async (t) => {
  const { plane, write } = await rigFor(t)
  const nobody = await write({ pets: [0, 1] }, { producerEpoch: -1 })
  t.strictSame(codesOf(nobody), [ErrorCode.UNKNOWN_SERVER_ERROR, ErrorCode.UNKNOWN_SERVER_ERROR])
  t.equal(plane.replicas.partition('pets', 0).log.nextOffset, 0)
  t.strictSame((await write({ pets: [] })).markers, [])
})

t.test('producers are described', async (t) => {
  const { plane, write } = await rigFor(t)
  await begin(plane, 0)
  const handler = describeProducers(plane)
  const describe = async (name: string, partitionIndexes: number[]) => {
    const answer = (await plane.ask(handler, 0, { topics: [{ name, partitionIndexes }] })) as Body
    return answer.topics[0].partitions as Body[]
  }
  const producer = { producerId: 5, producerEpoch: 0, lastSequence: 0 }
  t.match(await describe('pets', [0, 1, 9]), [
    {
      errorCode: 0,
      activeProducers: [{ ...producer, coordinatorEpoch: -1, currentTxnStartOffset: 0 }],
    },
    { errorCode: 0, activeProducers: [] },
    { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, activeProducers: [] },
  ])
  await write({ pets: [0] })
  t.match(await describe('pets', [0]), [
    { activeProducers: [{ ...producer, coordinatorEpoch: 3, currentTxnStartOffset: -1 }] },
  ])
  t.match(await describe('a b', [0]), [{ errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION }])
})

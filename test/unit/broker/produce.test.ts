import t from 'tap'
import { produce } from '../../../src/broker/api/produce.js'
import { CLOSE_CONNECTION, NO_ANSWER } from '../../../src/broker/handler.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import type { Teardown } from '../../support/teardown.js'
import { batchOf, START_MS, valuesOf } from '../storage/storage-fixture.js'
import { type Body, DataPlane, type Heard } from './data-plane-fixture.js'

const VERSION = 12

async function rigFor(t: Teardown) {
  const plane = await DataPlane.start(t)
  const handler = produce(plane)
  const send = (
    name: string,
    records: Buffer | null,
    more: object = {},
    index = 0,
  ): Promise<Heard> =>
    plane.ask(handler, VERSION, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name, partitionData: [{ index, records }] }],
      ...more,
    })
  const codeOf = async (...args: Parameters<typeof send>) =>
    partitionOf(await send(...args)).errorCode
  return { plane, handler, send, codeOf }
}

const partitionOf = (heard: Heard) => (heard as Body).responses[0].partitionResponses[0]

t.test('batches are appended in the order in which they came', async (t) => {
  const { plane, send } = await rigFor(t)
  plane.createTopic('pets')
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((value) => send('pets', batchOf([value, `${value}2`]))),
  )
  t.strictSame(
    answers.map((answer) => partitionOf(answer).baseOffset),
    [0, 2, 4],
  )
  const { log } = plane.replicas.partition('pets', 0)
  t.strictSame(await valuesOf(log), ['a', 'a2', 'b', 'b2', 'c', 'c2'])
  t.equal(log.highWatermark, 6)
})

t.test('each partition is answered for itself', async (t) => {
  const { plane, handler } = await rigFor(t)
  plane.createTopic('pets')
  plane.createTopic('elsewhere', 1, {}, 2)
  plane.registerOther(2, 9192)
  const answer = (await plane.ask(handler, VERSION, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [
      { name: 'none', partitionData: [{ index: 0, records: batchOf(['x']) }] },
      { name: 'elsewhere', partitionData: [{ index: 0, records: batchOf(['x']) }] },
      {
        name: 'pets',
        partitionData: [
          { index: 0, records: batchOf(['x']) },
          { index: 1, records: batchOf(['x']) },
        ],
      },
    ],
  })) as Body
  t.strictSame(
    answer.responses.map(({ partitionResponses }: Body) =>
      partitionResponses.map(({ errorCode }: Body) => errorCode),
    ),
    [
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [ErrorCode.NOT_LEADER_OR_FOLLOWER],
      [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ],
  )
  t.match(answer.responses[1].partitionResponses[0].currentLeader, { leaderId: 2, leaderEpoch: 0 })
  t.match(answer.nodeEndpoints, [{ nodeId: 2, port: 9192 }])
})

t.test('acks', async (t) => {
  const { plane, send, codeOf } = await rigFor(t)
  plane.createTopic('pets')
  t.equal(await send('pets', batchOf(['a']), { acks: 0 }), NO_ANSWER)
  t.equal(await send('none', batchOf(['a']), { acks: 0 }), CLOSE_CONNECTION)
  t.equal(await codeOf('pets', batchOf(['a']), { acks: 2 }), ErrorCode.INVALID_REQUIRED_ACKS)
})

t.test('what may not be written', async (t) => {
  const { plane, send, codeOf } = await rigFor(t)
  plane.createTopic('pets')
  plane.createTopic('__consumer_offsets')
  plane.createTopic('small', 1, { 'max.message.bytes': '100' })
  t.equal(await codeOf('__consumer_offsets', batchOf(['a'])), ErrorCode.INVALID_TOPIC_EXCEPTION)
  t.equal(await codeOf('pets', null), ErrorCode.INVALID_RECORD)
  t.equal(await codeOf('small', batchOf(['x'.repeat(200)])), ErrorCode.MESSAGE_TOO_LARGE)
  const transactional = { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true }
  const refused = await send('pets', batchOf(['a'], transactional))
  t.equal(partitionOf(refused).errorCode, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  t.equal(plane.replicas.partition('pets', 0).log.nextOffset, 0)
})

t.test('an idempotent producer that repeats itself is answered as the first time', async (t) => {
  const { plane, send, codeOf } = await rigFor(t)
  plane.createTopic('pets')
  const from = (baseSequence: number) =>
    batchOf(['a', 'b'], { producerId: 5, producerEpoch: 0, baseSequence })
  const [first, second, again] = await Promise.all(
    [from(0), from(2), from(0)].map((batch) => send('pets', batch)),
  )
  t.strictSame(
    [first, second, again].map((answer) => partitionOf(answer!).baseOffset),
    [0, 2, 0],
  )
  t.equal(await codeOf('pets', from(9)), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  t.equal(plane.replicas.partition('pets', 0).log.logEndOffset, 4)
})

t.test('LogAppendTime gives records the time of their append', async (t) => {
  const { plane, send } = await rigFor(t)
  plane.createTopic('pets', 1, { 'message.timestamp.type': 'LogAppendTime' })
  plane.clock.advance(500)
  const answer = partitionOf(await send('pets', batchOf(['a'], { timestamp: 1 })))
  t.equal(answer.logAppendTimeMs, START_MS + 500)
})

t.test('a topic that has moved to a new id is unknown by the old one', async (t) => {
  const { plane, handler } = await rigFor(t)
  const old = plane.createTopic('pets')
  plane.deleteTopic(old)
  plane.createTopic('pets')
  const answer = await plane.ask(handler, 13, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ topicId: old, partitionData: [{ index: 0, records: batchOf(['a']) }] }],
  })
  t.equal(partitionOf(answer).errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
})

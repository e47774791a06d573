import t from 'tap'
import { RequestDispatcher } from '../../../src/broker/dispatch.js'
import { CLOSE_CONNECTION, handler, NO_ANSWER } from '../../../src/broker/handler.js'
import type { RequestInterceptor } from '../../../src/broker/interceptor.js'
import { silentLogger } from '../../../src/env/logger.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { HeartbeatRequest, HeartbeatResponse } from '../../../src/protocol/schema/heartbeat.js'
import { ProduceRequest, ProduceResponse } from '../../../src/protocol/schema/produce.js'
import { RequestJournal } from '../../../src/testing/journal.js'
import { MAX_KEPT_BYTES } from '../../../src/testing/kept-message.js'
import { newPeer } from '../broker/data-plane-fixture.js'
import { requestFrame } from '../server/server-fixture.js'
import { ManualClock } from '../storage/storage-fixture.js'

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }
const frameOf = (body: object = heartbeat) => requestFrame(ApiKey.Heartbeat, 3, 1, body).subarray(4)

const answering = (errorCode: number = ErrorCode.NONE) =>
  handler(HeartbeatRequest, HeartbeatResponse, {
    handle: (_, { memberId }) => {
      if (memberId === 'thrower') throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
      if (memberId === 'silent') return NO_ANSWER
      if (memberId === 'closer') return CLOSE_CONNECTION
      return { errorCode }
    },
    refuse: (_, { code }) => ({ errorCode: code }),
  })

function dispatcherWith(...interceptors: RequestInterceptor[]) {
  return new RequestDispatcher({ handlers: [answering()], logger: silentLogger, interceptors })
}

t.test('an interceptor stands around the handler; the first is the outermost', async (t) => {
  const seen: string[] = []
  const named = (name: string): RequestInterceptor => ({
    intercept: (_, proceed) => {
      seen.push(`${name} before`)
      const answer = proceed()
      seen.push(`${name} after`)
      return answer
    },
    answered: (_, { responseBytes }) => seen.push(`${name} answered ${responseBytes}`),
  })
  const { frame } = await dispatcherWith(named('a'), named('b')).dispatch(frameOf(), newPeer())
  const order = ['a before', 'b before', 'b after', 'a after', 'a answered 10', 'b answered 10']
  t.strictSame(seen, order)
  t.equal(Buffer.concat(frame).length, 14)
})

t.test('it may answer itself, change the request, refuse, and close', async (t) => {
  const errorOf = async (interceptor: RequestInterceptor) => {
    const outcome = await dispatcherWith(interceptor).dispatch(frameOf(), newPeer())
    return outcome.close ? 'closed' : Buffer.concat(outcome.frame).readInt16BE(12)
  }
  t.equal(await errorOf({ intercept: () => ({ errorCode: 27 }) }), 27)
  t.equal(await errorOf({ intercept: () => Promise.resolve(CLOSE_CONNECTION) }), 'closed')
  const thrown = new KafkaError(ErrorCode.NOT_COORDINATOR)
  const refused = ErrorCode.NOT_COORDINATOR
  t.equal(
    await errorOf({
      intercept: () => {
        throw thrown
      },
    }),
    refused,
  )
  t.equal(await errorOf({ intercept: () => Promise.reject(thrown) }), refused)
  const other = { ...heartbeat, memberId: 'thrower' }
  const unknown = ErrorCode.UNKNOWN_MEMBER_ID
  t.equal(await errorOf({ intercept: (_, proceed) => proceed(other) }), unknown)
})

t.test('while one may hold requests back, those of a connection do not overlap', async (t) => {
  const overlapping = handler(ProduceRequest, ProduceResponse, {
    overlaps: true,
    handle: () => NO_ANSWER,
    refuse: () => CLOSE_CONNECTION,
  })
  const holding = { isOrdering: false }
  const dispatcher = new RequestDispatcher({
    handlers: [overlapping],
    logger: silentLogger,
    interceptors: [holding],
  })
  const frame = requestFrame(ApiKey.Produce, 9, 1, { acks: 1, timeoutMs: 1, topicData: [] })
  t.ok(dispatcher.overlaps(frame.subarray(4)))
  holding.isOrdering = true
  t.notOk(dispatcher.overlaps(frame.subarray(4)))
})

function journalWith(options: { maxEntries?: number; maxBytes?: number } = {}) {
  const clock = new ManualClock()
  const journal = new RequestJournal({ clock, ...options })
  const dispatcher = dispatcherWith(journal)
  const ask = (body: object = heartbeat) => dispatcher.dispatch(frameOf(body), newPeer())
  return { clock, journal, ask }
}

t.test('the journal has what was asked and what became of it', async (t) => {
  const { journal, ask } = journalWith()
  const told: string[] = []
  const stop = journal.listen(({ number, outcome }) => told.push(`${number} ${outcome}`))
  await ask()
  for (const memberId of ['thrower', 'silent', 'closer']) await ask({ ...heartbeat, memberId })
  stop()
  await ask()
  t.match(journal.entries(), [
    {
      number: 1,
      api: 'Heartbeat',
      version: 3,
      clientId: 'test',
      request: heartbeat,
      response: { errorCode: 0 },
      outcome: 'answered',
      errors: [],
      responseBytes: 10,
      durationMs: 0,
    },
    { number: 2, outcome: 'answered', errors: ['UNKNOWN_MEMBER_ID'] },
    { number: 3, outcome: 'unanswered', response: undefined },
    { number: 4, outcome: 'disconnected' },
    { number: 5 },
  ])
  t.strictSame(told, [
    '1 undefined',
    '1 answered',
    '2 undefined',
    '2 answered',
    '3 undefined',
    '3 unanswered',
    '4 undefined',
    '4 disconnected',
  ])
  t.equal(journal.entries({ error: 'UNKNOWN_MEMBER_ID' }).length, 1)
  t.equal(journal.entries({ after: 3 }).length, 2)
  t.equal(journal.entries({ clientId: '/^te/' }).length, 5)
  t.equal(journal.entries({ api: 'Fetch' }).length, 0)
  t.equal(journal.lastNumber, 5)
  journal.clear()
  t.strictSame(journal.entries(), [])
})

t.test('it is bounded by entries and by bytes', async (t) => {
  const numbers = (journal: RequestJournal) => journal.entries().map(({ number }) => number)
  const few = journalWith({ maxEntries: 3 })
  for (let n = 0; n < 20; n++) await few.ask()
  t.strictSame(numbers(few.journal), [18, 19, 20])
  const [{ requestBytes, responseBytes }] = few.journal.entries() as never as [
    { requestBytes: number; responseBytes: number },
  ]
  const small = journalWith({ maxBytes: 2 * (requestBytes + responseBytes) })
  for (let n = 0; n < 9; n++) await small.ask()
  t.strictSame(numbers(small.journal), [8, 9])
  const none = journalWith({ maxEntries: 0 })
  await none.ask()
  t.strictSame(numbers(none.journal), [])
})

t.test('it keeps no buffer of a connection, and cuts long bytes short', async (t) => {
  const journal = new RequestJournal({ clock: new ManualClock() })
  const produce = handler(ProduceRequest, ProduceResponse, {
    handle: () => ({ responses: [] }),
    refuse: () => CLOSE_CONNECTION,
  })
  const dispatcher = new RequestDispatcher({
    handlers: [produce],
    logger: silentLogger,
    interceptors: [journal],
  })
  const records = Buffer.alloc(5000, 7)
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
  const frame = requestFrame(ApiKey.Produce, 9, 1, { acks: 1, timeoutMs: 1, topicData })
  await dispatcher.dispatch(frame.subarray(4), newPeer())
  const { request } = journal.entries()[0]!
  const kept = (request as { topicData: typeof topicData }).topicData[0]!.partitionData[0]!.records
  t.equal(kept.length, MAX_KEPT_BYTES)
  t.ok(kept.every((byte) => byte === 7))
  frame.fill(0)
  t.equal(kept[0], 7)
})

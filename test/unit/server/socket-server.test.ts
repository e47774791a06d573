import t from 'tap'
import { RequestDispatcher } from '../../../src/broker/dispatch.js'
import { type Answer, CLOSE_CONNECTION, handler, NO_ANSWER } from '../../../src/broker/handler.js'
import { silentLogger } from '../../../src/env/logger.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Input } from '../../../src/protocol/codec/index.js'
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '../../../src/protocol/schema/api-versions.js'
import { HeartbeatRequest, HeartbeatResponse } from '../../../src/protocol/schema/heartbeat.js'
import { ProduceRequest, ProduceResponse } from '../../../src/protocol/schema/produce.js'
import { until } from '../../support/until.js'
import { ManualClock } from '../storage/storage-fixture.js'
import { requestFrame, serverWith, sized } from './server-fixture.js'

/** Handlers that answer when the test wants them to. */
class Script {
  /** What was begun, in order: the group id of a heartbeat, the transactional id of a produce. */
  readonly begun: string[] = []
  readonly #settle = new Map<string, (answer: Answer<object>) => void>()

  readonly heartbeat = handler(HeartbeatRequest, HeartbeatResponse, {
    handle: (_, { groupId }) => this.#begin(groupId, { errorCode: 0 }),
    refuse: (_, { code }) => ({ errorCode: code }),
  })

  readonly produce = handler(ProduceRequest, ProduceResponse, {
    overlaps: true,
    handle: (_, { transactionalId }) =>
      this.#begin<Input<typeof ProduceResponse>>(transactionalId ?? '', { responses: [] }),
    refuse: () => CLOSE_CONNECTION,
  })

  readonly apiVersions = handler(ApiVersionsRequest, ApiVersionsResponse, {
    handle: () => {
      throw new Error('a fault of the handler')
    },
    refuse: (_, { code }) => ({ errorCode: code, apiKeys: [] }),
  })

  get all() {
    return [this.heartbeat, this.produce, this.apiVersions]
  }

  /** Lets a request be answered, with what its handler would answer or with something else. */
  settle(name: string, answer?: Answer<object>): void {
    this.#settle.get(name)!(answer as object)
  }

  #begin<R>(name: string, answer: R): Promise<Answer<R>> {
    this.begun.push(name)
    return new Promise((resolve) => {
      this.#settle.set(name, (instead) => resolve((instead ?? answer) as Answer<R>))
    })
  }
}

const heartbeat = (correlationId: number, groupId: string) =>
  requestFrame(ApiKey.Heartbeat, 4, correlationId, { groupId, generationId: 1, memberId: 'm' })

const produce = (correlationId: number, transactionalId: string) =>
  requestFrame(ApiKey.Produce, 9, correlationId, {
    transactionalId,
    acks: -1,
    timeoutMs: 1000,
    topicData: [],
  })

t.test('answers go out in the order of the requests', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all)
  const c = await client()
  c.send(produce(1, 'a'), produce(2, 'b'), produce(3, 'c'))
  await until(() => script.begun.length === 3, 'all three to be begun')
  script.settle('c')
  script.settle('b')
  script.settle('a')
  t.strictSame(await c.answers(3), [1, 2, 3])
})

t.test('a request that depends on those before it waits for them', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all)
  const c = await client()
  c.send(produce(1, 'a'), heartbeat(2, 'b'), produce(3, 'c'))
  await until(() => script.begun.length === 1, 'the first to be begun')
  script.settle('a')
  await until(() => script.begun.length === 2, 'the second')
  t.strictSame(script.begun, ['a', 'b'], 'and not the third, which might overlap others')
  script.settle('b')
  await until(() => script.begun.length === 3, 'the third')
  script.settle('c')
  t.strictSame(await c.answers(3), [1, 2, 3])
})

t.test('connections do not wait for each other', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all)
  const [slow, quick] = [await client(), await client()]
  slow.send(heartbeat(1, 'slow'))
  quick.send(heartbeat(7, 'quick'))
  await until(() => script.begun.length === 2, 'both to be begun')
  script.settle('quick')
  t.strictSame(await quick.answers(1), [7])
  t.strictSame(slow.frames, [])
})

t.test('what is to be answered with nothing is, and the next is answered', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all)
  const c = await client()
  c.send(produce(1, 'silent'), produce(2, 'loud'))
  await until(() => script.begun.length === 2, 'both to be begun')
  script.settle('silent', NO_ANSWER)
  script.settle('loud')
  t.strictSame(await c.answers(1), [2])
})

t.test('a handler may close the connection; what came before is answered', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all)
  const c = await client()
  c.send(produce(1, 'fine'), produce(2, 'wrong'), produce(3, 'lost'))
  await until(() => script.begun.length === 3, 'all three to be begun')
  script.settle('lost')
  script.settle('wrong', CLOSE_CONNECTION)
  script.settle('fine')
  await c.closed()
  t.strictSame(c.correlationIds, [1])
})

t.test('a handler that fails is answered for, and the connection goes on', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all)
  const c = await client()
  const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  c.send(requestFrame(ApiKey.ApiVersions, 3, 1, software), heartbeat(2, 'after'))
  await until(() => script.begun.length === 1 && c.frames[0], 'the next one to be begun')
  t.equal(c.frames[0]!.readInt16BE(4), -1, 'UNKNOWN_SERVER_ERROR')
  script.settle('after')
  t.strictSame(await c.answers(2), [1, 2])
})

t.test('an API or version that is not served closes the connection', async (t) => {
  const { client } = await serverWith(t, new Script().all)
  const ofVersion = heartbeat(1, 'g')
  ofVersion.writeInt16BE(99, 6)
  const ofKey = heartbeat(1, 'g')
  ofKey.writeInt16BE(9999, 4)
  for (const request of [ofVersion, ofKey, requestFrame(ApiKey.Metadata, 9, 1, { topics: null })]) {
    const c = await client()
    c.send(request)
    await c.closed()
    t.strictSame(c.frames, [])
  }
})

t.test('only ApiVersions says in version 0 that its version is not served', async (t) => {
  const { client } = await serverWith(t, new Script().all)
  const request = requestFrame(ApiKey.ApiVersions, 3, 5, {
    clientSoftwareName: 'test',
    clientSoftwareVersion: '1',
  })
  request.writeInt16BE(99, 6)
  const c = await client()
  c.send(request)
  t.strictSame(await c.answers(1), [5])
  t.equal(c.frames[0]!.readInt16BE(4), 35, 'UNSUPPORTED_VERSION')
  t.equal(c.isClosed, false)
})

t.test('bytes that are no request close their connection, and no other', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all)
  const other = await client()
  other.send(heartbeat(1, 'other'))
  await until(() => script.begun.length === 1, 'the other one to be begun')
  const truncated = heartbeat(1, 'group')
  const giant = Buffer.from([0x7f, 0xff, 0xff, 0xff])
  const negative = Buffer.from([0xff, 0xff, 0xff, 0xff])
  for (const bytes of [sized(truncated.subarray(4, 20)), giant, negative, sized(Buffer.alloc(3))]) {
    const c = await client()
    c.send(bytes)
    await c.closed()
  }
  script.settle('other')
  t.strictSame(await other.answers(1), [1])
})

t.test('requests wait until the server is to answer', async (t) => {
  const script = new Script()
  const { server, client } = await serverWith(t, [])
  const c = await client()
  c.send(produce(1, 'early'))
  await until(() => server.connectionCount === 1, 'the connection')
  server.enableRequests(new RequestDispatcher({ handlers: script.all, logger: silentLogger }))
  await until(() => script.begun.length === 1, 'the early one')
  script.settle('early')
  t.strictSame(await c.answers(1), [1])
})

t.test('a silent connection is closed when its time is over', async (t) => {
  const script = new Script()
  const clock = new ManualClock()
  const { server, client } = await serverWith(t, script.all, { maxIdleMs: 5000 }, clock)
  const [silent, busy] = [await client(), await client()]
  await until(() => server.connectionCount === 2, 'both connections')
  clock.advance(4000)
  busy.send(heartbeat(1, 'busy'))
  await until(() => script.begun.length === 1, 'the busy one')
  clock.advance(1001)
  await silent.closed()
  t.equal(busy.isClosed, false)
  script.settle('busy')
  await busy.answers(1)
  clock.advance(5001)
  await busy.closed()
  t.equal(server.connectionCount, 0)
})

t.test('a client that does not read cannot make the server keep its answers', async (t) => {
  let begun = 0
  const large = { responses: [{ name: 'x'.repeat(30_000), partitionResponses: [] }] }
  const eager = handler(ProduceRequest, ProduceResponse, {
    overlaps: true,
    handle: () => {
      begun++
      return large
    },
    refuse: () => CLOSE_CONNECTION,
  })
  const { client } = await serverWith(t, [eager], { maxUnsentBytes: 200_000 })
  const deaf = await client()
  deaf.socket.pause()
  const requests = Array.from({ length: 2000 }, (_, i) => produce(i, 'x'))
  deaf.send(...requests)
  await until(() => begun > 5, 'some to be begun')
  const other = await client()
  other.send(produce(1, 'y'))
  await other.answers(1)
  // What the two systems' buffers take is beyond us; 60 MB of answers are not in them.
  t.ok(begun < 1500, `${begun} of 2000 begun`)
  deaf.socket.resume()
  await deaf.answers(2000)
  t.strictSame(
    deaf.correlationIds,
    requests.map((_, i) => i),
  )
})

t.test('with too many bytes of requests under way, others wait', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all, { queuedMaxRequestBytes: 100 })
  const [first, second] = [await client(), await client()]
  first.send(heartbeat(1, 'x'.repeat(150)))
  await until(() => script.begun.length === 1, 'the first')
  second.send(heartbeat(2, 'second'))
  const third = await client()
  third.send(heartbeat(3, 'third'))
  await until(() => third.socket.bytesWritten > 0 && second.socket.bytesWritten > 0)
  t.equal(script.begun.length, 1)
  script.settle('x'.repeat(150))
  await until(() => script.begun.length === 3, 'the others')
  script.settle('second')
  script.settle('third')
  t.strictSame(await second.answers(1), [2])
  t.strictSame(await third.answers(1), [3])
})

t.test('incomplete requests are bounded: whoever holds most of them goes', async (t) => {
  const script = new Script()
  const { server, client } = await serverWith(t, script.all, { maxIncompleteBytes: 60_000 })
  const half = (bytes: number) => sized(Buffer.alloc(500_000)).subarray(0, bytes)
  const [large, small] = [await client(), await client()]
  large.send(half(90_000))
  small.send(half(50_000))
  await until(() => server.connectionCount === 2, 'both connections')
  t.equal(large.isClosed, false, 'the largest may be as large as a request may be')
  const another = await client()
  another.send(half(30_000))
  await large.closed()
  t.equal(small.isClosed, false)
  t.equal(another.isClosed, false)
})

t.test('connections beyond the bound wait for another to end', async (t) => {
  const script = new Script()
  const { server, client } = await serverWith(t, script.all, { maxConnections: 1 })
  const [first, second] = [await client(), await client()]
  second.send(heartbeat(2, 'second'))
  first.send(heartbeat(1, 'first'))
  await until(() => script.begun.length === 1, 'the first')
  t.strictSame(script.begun, ['first'])
  t.equal(server.connectionCount, 1)
  first.close()
  await until(() => script.begun.length === 2, 'the second')
  script.settle('second')
  t.strictSame(await second.answers(1), [2])
})

t.test('connections of one address beyond their bound are closed', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all, { maxConnectionsPerIp: 1 })
  const first = await client()
  first.send(heartbeat(1, 'first'))
  await until(() => script.begun.length === 1, 'the first')
  const second = await client()
  await second.closed()
  t.equal(first.isClosed, false)
  const overrides = new Map([['127.0.0.1', 2]])
  const generous = await serverWith(t, script.all, {
    maxConnectionsPerIp: 1,
    maxConnectionsPerIpOverrides: overrides,
  })
  const [one, two] = [await generous.client(), await generous.client()]
  two.send(heartbeat(1, 'two'))
  await until(() => script.begun.includes('two'), 'the second of those that may be two')
  t.equal(one.isClosed, false)
})

t.test('whoever waits for the sake of a connection hears that it has closed', async (t) => {
  const heard: string[] = []
  const waiting = handler(HeartbeatRequest, HeartbeatResponse, {
    handle: ({ peer }, { groupId }) =>
      new Promise((resolve) => {
        heard.push(`${groupId} began`)
        const onClose = (): void => {
          peer.closeListeners.delete(onClose)
          heard.push(`${groupId} closed`)
          resolve(NO_ANSWER)
        }
        peer.closeListeners.add(onClose)
      }),
    refuse: (_, { code }) => ({ errorCode: code }),
  })
  const { client } = await serverWith(t, [waiting])
  const c = await client()
  c.send(heartbeat(1, 'one'))
  await until(() => heard.length === 1, 'its beginning')
  c.close()
  await until(() => heard.length === 2, 'its end')
  t.strictSame(heard, ['one began', 'one closed'])
  const busy = await client()
  busy.send(heartbeat(1, 'two'))
  await until(() => heard.length === 3, 'its beginning')
  for (let i = 2; i < 5; i++) {
    const sent = busy.socket.bytesWritten
    busy.send(heartbeat(i, 'waits'))
    await until(() => busy.socket.bytesWritten > sent)
  }
  busy.close()
  await until(() => heard.length === 4, 'its end, though other requests wait')
  t.strictSame(heard.slice(2), ['two began', 'two closed'])
})

t.test('what waits behind a request is bounded', async (t) => {
  const script = new Script()
  const { client } = await serverWith(t, script.all, { maxQueuedBytes: 50_000 })
  const c = await client()
  c.send(heartbeat(0, 'first'))
  await until(() => script.begun.length === 1, 'the first')
  for (let i = 1; i <= 1000; i++) c.send(heartbeat(i, `${i}`.padEnd(30_000)))
  const other = await client()
  other.send(heartbeat(1, 'other'))
  await until(() => script.begun.includes('other'), 'another connection')
  // What the two systems' buffers take is beyond us; 30 MB are not in them.
  t.ok(c.socket.writableLength > 0, 'it is not read')
  c.close()
})

t.test('a server that closes answers what was begun', async (t) => {
  const script = new Script()
  const { server, client } = await serverWith(t, script.all)
  const [c, idle] = [await client(), await client()]
  c.send(heartbeat(1, 'begun'), heartbeat(2, 'not begun'))
  await until(() => script.begun.length === 1, 'the first')
  const closed = server.close(60_000)
  await idle.closed()
  script.settle('begun')
  await closed
  await c.closed()
  t.strictSame(c.correlationIds, [1])
  t.strictSame(script.begun, ['begun'])
  await t.rejects(client(), 'nobody gets in')
})

t.test('a server that closes does not wait for ever', async (t) => {
  const script = new Script()
  const clock = new ManualClock()
  const { server, client } = await serverWith(t, script.all, {}, clock)
  const c = await client()
  c.send(heartbeat(1, 'never answered'))
  await until(() => script.begun.length === 1, 'the request')
  const closed = server.close(5000)
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(5001)
  await closed
  await c.closed()
})

import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { handler } from '../../../src/broker/handler.js'
import type { Clock } from '../../../src/env/clock.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { HeartbeatRequest, HeartbeatResponse } from '../../../src/protocol/schema/heartbeat.js'
import type { Teardown } from '../../support/teardown.js'
import { until } from '../../support/until.js'
import { ManualClock } from '../storage/storage-fixture.js'
import { requestFrame, serverWith } from './server-fixture.js'

const GRACE_MS = 60_000

const heartbeat = (correlationId: number) =>
  requestFrame(ApiKey.Heartbeat, 4, correlationId, {
    groupId: 'group',
    generationId: 1,
    memberId: 'member',
  })

/** A server with a client that has been answered, and that closes its side only when it is told to. */
async function serverWithReluctantClient(t: Teardown, clock?: Clock) {
  const answering = handler(HeartbeatRequest, HeartbeatResponse, {
    handle: () => ({ errorCode: 0 }),
    refuse: (_, { code }) => ({ errorCode: code }),
  })
  const { server, port } = await serverWith(t, [answering], {}, clock)
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => {
    socket.destroy()
  })
  const errors: Error[] = []
  socket.on('error', (error) => errors.push(error))
  await once(socket, 'connect')
  socket.write(heartbeat(1))
  await once(socket, 'data')
  return { server, socket, errors }
}

t.test('who still sends when the server closes is read on, and not reset', async (t) => {
  const { server, socket, errors } = await serverWithReluctantClient(t)
  const ended = once(socket, 'end')
  const closed = server.close(GRACE_MS)
  await ended
  const requests = Buffer.concat(Array.from({ length: 1000 }, (_, i) => heartbeat(i)))
  for (let i = 0; i < 20; i++) {
    await new Promise<void>((resolve) => socket.write(requests, () => resolve()))
  }
  t.equal(server.connectionCount, 1)
  socket.end()
  await closed
  t.strictSame(errors, [])
})

t.test('who does not close in time is closed', async (t) => {
  const clock = new ManualClock()
  const { server, socket } = await serverWithReluctantClient(t, clock)
  const ended = once(socket, 'end')
  const closed = server.close(GRACE_MS)
  await ended
  clock.advance(499)
  await until(() => server.connectionCount === 1, 'the connection')
  clock.advance(1)
  await closed
  t.equal(server.connectionCount, 0)
})

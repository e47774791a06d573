import { connect } from 'node:net'
import t from 'tap'
import { NetworkError, type NetworkSocket } from '../../../src/env/network.js'
import { systemNetwork } from '../../../src/env/network-node.js'
import type { Teardown } from '../../support/teardown.js'
import { until } from '../../support/until.js'

/** Both ends of a connection, with what each of them heard. */
async function pair(t: Teardown) {
  const accepted: NetworkSocket[] = []
  const heard: string[] = []
  const received: Buffer[] = []
  let drains = 0
  const listener = await systemNetwork.listen('127.0.0.1', 0, (socket) => {
    socket.start({
      onData: (bytes) => received.push(bytes),
      onDrain: () => drains++,
      onClose: () => heard.push('close'),
    })
    accepted.push(socket)
  })
  const client = connect(listener.address.port, '127.0.0.1')
  client.on('error', () => {})
  const socket = await until(() => accepted[0], 'the connection')
  const close = async () => {
    client.destroy()
    socket.destroy()
    await listener.close()
  }
  t.teardown(close)
  return {
    listener,
    socket,
    client,
    heard,
    received: () => Buffer.concat(received),
    drains: () => drains,
    close,
  }
}

t.test('a port that the system chose is the one that is said', async (t) => {
  const listener = await systemNetwork.listen('127.0.0.1', 0, () => {})
  t.equal(listener.address.host, '127.0.0.1')
  t.ok(listener.address.port > 0)
  const taken = systemNetwork.listen('127.0.0.1', listener.address.port, () => {})
  await t.rejects(taken, { name: 'NetworkError', code: 'EADDRINUSE' })
  await listener.close()
  const again = await systemNetwork.listen('127.0.0.1', listener.address.port, () => {})
  await again.close()
  await t.rejects(systemNetwork.connect('127.0.0.1', listener.address.port), {
    code: 'ECONNREFUSED',
  })
  t.ok(new NetworkError('X', 'y') instanceof Error)
})

t.test('bytes arrive in order, in both directions', async (t) => {
  const both = await pair(t)
  t.equal(both.socket.remote.port, both.client.localPort)
  t.equal(both.socket.remote.host, '127.0.0.1')
  t.equal(both.socket.local.port, both.listener.address.port)
  both.client.write('hello ')
  both.client.write('there')
  await until(() => both.received().toString() === 'hello there')
  let back = ''
  both.client.on('data', (bytes) => {
    back += bytes
  })
  const handedOver: string[] = []
  both.socket.write([Buffer.from('a'), Buffer.from('b')], () => handedOver.push('first'))
  both.socket.write([], () => handedOver.push('nothing'))
  both.socket.write([Buffer.from('c')], () => handedOver.push('second'))
  await until(() => back === 'abc' && handedOver.length === 3)
  t.ok(handedOver.indexOf('first') < handedOver.indexOf('second'))
  await both.close()
})

t.test('what is not read stays with the system, and counts as queued', async (t) => {
  const both = await pair(t)
  const piece = Buffer.alloc(1024 * 1024, 'x')
  let handedOver = 0
  both.socket.write([Buffer.from('first')], () => handedOver++)
  await until(() => handedOver === 1)
  for (let i = 0; i < 32; i++) both.socket.write([piece], () => handedOver++)
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  t.equal(handedOver, 1)
  t.ok(both.socket.queuedBytes > 4 * piece.length, 'the peer does not read')
  t.equal(both.drains(), 0)
  let read = 0
  both.client.on('data', (bytes) => {
    read += bytes.length
  })
  await until(() => read === 32 * piece.length + 'first'.length)
  t.equal(handedOver, 33)
  await until(() => both.drains() > 0)
  t.equal(both.socket.queuedBytes, 0)
  await both.close()
})

t.test('a paused socket hears nothing until it is resumed', async (t) => {
  const both = await pair(t)
  both.socket.pause()
  both.client.write('late')
  let echoed = ''
  both.client.on('data', (bytes) => {
    echoed += bytes
  })
  both.socket.write([Buffer.from('ping')])
  await until(() => echoed === 'ping')
  t.equal(both.received().length, 0)
  both.socket.resume()
  await until(() => both.received().toString() === 'late')
  await both.close()
})

t.test('an end sends what is queued, and each end is heard once', async (t) => {
  const both = await pair(t)
  let read = 0
  let ended = false
  both.client.on('data', (bytes) => {
    read += bytes.length
  })
  both.client.on('end', () => {
    ended = true
  })
  both.socket.write([Buffer.alloc(8 * 1024 * 1024)])
  both.socket.end()
  await until(() => ended)
  t.equal(read, 8 * 1024 * 1024)
  await until(() => both.heard.length > 0)
  both.socket.destroy()
  await both.close()
  t.strictSame(both.heard, ['close'])
})

t.test('a peer that goes away is heard of, and what was queued is called back', async (t) => {
  const both = await pair(t)
  let calls = 0
  both.socket.write([Buffer.alloc(32 * 1024 * 1024)], () => calls++)
  both.client.resetAndDestroy()
  await until(() => both.heard.length > 0 && calls > 0)
  t.strictSame(both.heard, ['close'])
  t.equal(calls, 1)
  both.socket.write([Buffer.from('x')], () => calls++)
  await until(() => calls === 2)
  await both.close()
})

t.test('a closed port takes no more connections, and leaves those it has', async (t) => {
  const both = await pair(t)
  await both.listener.close()
  await t.rejects(systemNetwork.connect('127.0.0.1', both.listener.address.port))
  both.client.write('still here')
  await until(() => both.received().toString() === 'still here')
  await both.close()
})

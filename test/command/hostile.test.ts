import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { seededRandom } from '../../src/env/random.js'
import { ApiKey } from '../../src/protocol/api-keys.js'
import { apis } from '../../src/protocol/apis.js'
import { RequestHeader, requestHeaderVersion } from '../../src/protocol/codec/headers.js'
import { encode } from '../../src/protocol/codec/index.js'
import { frame, WireClient } from '../oracle/wire-client.js'
import { temporaryDirectory } from '../support/teardown.js'
import { until } from '../support/until.js'
import { Samsa } from './samsa.js'

const MEGABYTE = 1024 * 1024
const MAX_GROWTH_MB = 256
/** So long may an answer take while others do their worst, on a busy machine. */
const PATIENCE_MS = 20_000

const random = seededRandom(20_251_125)

/** The broker's memory, from the system. */
function residentMb(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)![1]) / 1024
}

/** A connection that says what it likes, and doesn't mind what becomes of it. */
async function hostile(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  return socket
}

/** The next bytes may be written, or nobody will read them. */
const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const goOn = (): void => {
      socket.off('drain', goOn)
      socket.off('close', goOn)
      resolve()
    }
    socket.once('drain', goOn)
    socket.once('close', goOn)
  })

/** A well-behaved client that asks again and again, on one connection, until it is told to stop. */
function neighbour(port: number) {
  const client = new WireClient('127.0.0.1', port)
  let isStopped = false
  let answers = 0
  const run = async (): Promise<string> => {
    while (!isStopped) {
      const topics = { topics: null, allowAutoTopicCreation: false }
      const answer = await client.send(
        ApiKey.Metadata,
        9,
        {
          ...topics,
          includeClusterAuthorizedOperations: false,
          includeTopicAuthorizedOperations: false,
        },
        { timeoutMs: PATIENCE_MS },
      )
      if (answer.kind !== 'response') return answer.kind
      answers++
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return 'content'
  }
  const ended = run()
  return {
    /** How it fared; some of its requests came after the worst. */
    async stop(): Promise<string> {
      const before = answers
      const more = until(() => answers > before + 2, 'two more answers', PATIENCE_MS).catch(String)
      await Promise.race([more, ended])
      isStopped = true
      const result = await ended
      client.close()
      return result
    },
  }
}

function withHeader(apiKey: number, version: number, body: Buffer): Buffer {
  const header = encode(RequestHeader, requestHeaderVersion(apiKey, version), {
    requestApiKey: apiKey,
    requestApiVersion: version,
    correlationId: 1,
    clientId: 'hostile',
  })
  return frame([...header, body])
}

function sizeOnly(size: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(size)
  return bytes
}

/** Nonsense of all kinds: random bytes, cut frames, bodies that aren't what their headers say. */
function* nonsense(): Generator<Buffer> {
  for (const size of [-1, -(2 ** 31), 2 ** 31 - 1, 100 * MEGABYTE + 1]) yield sizeOnly(size)
  for (let i = 0; i < 200; i++) yield random.bytes(1 + random.int(300))
  for (let i = 0; i < 200; i++) yield frame([random.bytes(random.int(300))])
  for (const [key, { request }] of apis) {
    for (let version = request.versions.min; version <= request.versions.max; version++) {
      const bytes = random.bytes(random.int(200))
      // Small numbers, so that some get past the first field.
      const small = Buffer.from(bytes.map((byte) => byte & 3))
      yield withHeader(key, version, bytes)
      yield withHeader(key, version, small)
      yield withHeader(key, version, Buffer.alloc(200, 0xff))
    }
  }
}

/** Starts a broker, lets the test do its worst, and looks at it again. */
async function survive(t: Test, attack: (port: number) => Promise<void>): Promise<void> {
  const broker = new Samsa(t, temporaryDirectory(t), ['--memory', '--port', '0'])
  const { port } = await broker.ready()
  const isLinux = existsSync('/proc/self/status')
  const idleMb = isLinux ? residentMb(broker.pid, 'VmRSS') : 0
  const other = neighbour(port)
  await attack(port)
  t.equal(await other.stop(), 'content', 'another client notices nothing')
  if (isLinux) {
    const growthMb = residentMb(broker.pid, 'VmHWM') - idleMb
    t.ok(growthMb < MAX_GROWTH_MB, `memory grew by ${growthMb.toFixed(0)} MB at most`)
  }
  t.equal(await broker.kill('SIGTERM'), 143, 'it lives, and stops cleanly')
  const errors = broker.logged.filter(({ level }) => Number(level) >= 50)
  t.strictSame(errors, [], 'and takes nothing of it for a fault of its own')
}

t.test('nonsense', (t) =>
  survive(t, async (port) => {
    const BATCH = 50
    const all = [...nonsense()]
    for (let at = 0; at < all.length; at += BATCH) {
      const sockets = await Promise.all(
        all.slice(at, at + BATCH).map(async (bytes) => {
          const socket = await hostile(port)
          socket.write(bytes)
          return socket
        }),
      )
      // It may wait for more, answer or hang up; whichever it does, the client goes.
      await new Promise((resolve) => setTimeout(resolve, 20))
      for (const socket of sockets) socket.destroy()
    }
  }),
)

t.test('a thousand connections that begin a request and say no more', (t) =>
  survive(t, async (port) => {
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        const socket = await hostile(port)
        socket.write(withHeader(ApiKey.Metadata, 9, Buffer.alloc(1000)).subarray(0, i % 500))
        return socket
      }),
    )
    const open = sockets.filter((socket) => !socket.destroyed).length
    t.equal(open, 1000, 'all of them are let in')
    for (const socket of sockets) socket.destroy()
  }),
)

t.test('two hundred requests of 50 MB, of which half is sent', (t) =>
  survive(t, async (port) => {
    const piece = Buffer.alloc(MEGABYTE)
    const send = async (): Promise<void> => {
      const socket = await hostile(port)
      socket.write(sizeOnly(50 * MEGABYTE))
      for (let i = 0; i < 25 && !socket.destroyed; i++) {
        if (!socket.write(piece)) {
          await drained(socket)
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
      socket.destroy()
    }
    await Promise.all(Array.from({ length: 200 }, send))
  }),
)

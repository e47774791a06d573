import { createRequire } from 'node:module'
import t, { type Test } from 'tap'
import { startBroker } from '../../../src/index.js'
import { ApiKey, type ApiName } from '../../../src/protocol/api-keys.js'
import { ErrorCode, type ErrorName } from '../../../src/protocol/errors.js'
import type { Fault } from '../../../src/testing/faults/faults.js'
import type { JournalEntry } from '../../../src/testing/journal-entry.js'
import { until } from '../../support/until.js'
import { isGood, nameOf, pooled } from './cases.js'
import { CONSUMER, type End, type Expected, PRODUCER } from './kafkajs-expected.js'
import { INPUT, KafkajsUser, whatIs } from './kafkajs-user.js'

const require = createRequire(import.meta.url)
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}
// Else it doesn't say what it decodes of a fetch.
process.env.KAFKAJS_DEBUG_PROTOCOL_BUFFERS = '1'
process.env.KAFKAJS_DEBUG_EXTENDED_PROTOCOL_BUFFERS = '1'

const DELAY_MS = 60
/** Timers of Node.js may be early by one. */
const ROUNDING_MS = 2
const THROTTLE_MS = 70
const REQUEST_TIMEOUT_MS = 1000
const AT_A_TIME = 8

const EXPECTED = { ...PRODUCER, ...CONSUMER } as Readonly<Record<ApiName, Expected>>
const COMMON = Object.keys(EXPECTED) as ApiName[]

interface Case {
  readonly api: ApiName
  readonly expected: Expected
  readonly user: KafkajsUser
  readonly fault: Fault
  /** The request that was struck. */
  readonly struck: JournalEntry
  readonly end: End
  /** Of the records that were read, or written and committed. */
  readonly offsets: readonly string[]
}

interface Kind {
  /** For the client of that name. */
  readonly inject: (api: ApiName, name: string, expected: Expected) => Fault
  readonly end: (expected: Expected) => Expected['disconnected']
  /** What kafkajs has heard. */
  readonly check: (t: Test, seen: Case) => void
  readonly requestTimeoutMs?: number
  /** A request that fails is made again. */
  readonly isRetried?: boolean
  readonly only?: ApiName
}

const broker = await startBroker({
  seed: { topics: { [INPUT]: { records: [{ value: 'read me' }] } } },
})
t.teardown(() => broker.close())
const { faults, journal } = broker

const isOf = (api: ApiName) => (each: { readonly apiKey: number }) => each.apiKey === ApiKey[api]

const hasHeard =
  (name: ErrorName) =>
  (t: Test, { api, user }: Case) => {
    const { message } = createErrorFromCode(ErrorCode[name])
    const heard = user.responses.filter(isOf(api)).map(({ error }) => error ?? '')
    // Some of them get a sentence of kafkajs's own around it.
    t.ok(
      heard.some((error) => error.includes(message)),
      `${message}, of ${heard.join(' / ')}`,
    )
  }

const wasCutOff = (t: Test, { struck, user }: Case): void => {
  t.equal(struck.outcome, 'disconnected')
  t.ok(user.cutOffs > 0)
}

/** Of JoinGroup the second one counts: the first is to get a member id (KIP-394). */
const callOf = (api: ApiName): number => (api === 'JoinGroup' ? 2 : 1)

const KINDS: Readonly<Record<string, Kind>> = {
  'an error that passes': {
    inject: (api, name, { passing }) =>
      faults.error(api, passing[0], { clientId: name }).onCall(callOf(api)),
    end: ({ passing }) => passing[1],
    check: (t, seen) => hasHeard(seen.expected.passing[0])(t, seen),
    isRetried: true,
  },
  'an error that lasts': {
    inject: (api, name, { lasting }) => faults.error(api, lasting[0], { clientId: name }),
    end: ({ lasting }) => lasting[1],
    check: (t, seen) => hasHeard(seen.expected.lasting[0])(t, seen),
  },
  'a delay': {
    inject: (api, name) => faults.delay(api, DELAY_MS, { clientId: name }).onCall(callOf(api)),
    end: () => 'goes on',
    check: (t, { api, user, struck }) => {
      const { duration } = user.requests
        .filter(isOf(api))
        .find(({ correlationId }) => correlationId === struck.correlationId)!
      t.ok(duration >= DELAY_MS - ROUNDING_MS, `${duration} ms`)
    },
  },
  'a connection closed before': {
    inject: (api, name) => faults.disconnect(api, 'before', { clientId: name }).onCall(callOf(api)),
    end: ({ disconnected }) => disconnected,
    check: wasCutOff,
    isRetried: true,
  },
  'a connection closed after': {
    inject: (api, name) => faults.disconnect(api, 'after', { clientId: name }).onCall(callOf(api)),
    end: ({ disconnected }) => disconnected,
    check: wasCutOff,
    isRetried: true,
  },
  // kafkajs asks again on the same connection, which hangs.
  'no answer for a while': {
    inject: (api, name) => faults.drop(api, { clientId: name }).onCall(callOf(api)),
    end: ({ dropped }) => dropped,
    check: (t, { api, user }) => t.ok(user.timeouts.some(isOf(api))),
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    isRetried: true,
  },
  throttling: {
    inject: (api, name) =>
      faults.throttle(api, THROTTLE_MS, { clientId: name }).onCall(callOf(api)),
    end: () => 'goes on',
    check: (t, { api, user }) => {
      const told = user.responses.filter(isOf(api)).flatMap(({ data }) => {
        return [data?.throttleTime, data?.clientSideThrottleTime]
      })
      t.ok(told.includes(THROTTLE_MS), told.join())
    },
  },
  // kafkajs doesn't look at it.
  'a wrong CRC': {
    inject: (_, name) => faults.corrupt(INPUT, { clientId: name }).once(),
    end: () => 'goes on',
    check: (t, { fault }) => t.equal(fault.hits, 1),
    only: 'Fetch',
  },
}

/** What the user does that has kafkajs ask this. */
async function use(
  user: KafkajsUser,
  api: ApiName,
  isDone = () => true,
): Promise<readonly string[]> {
  if (api in CONSUMER) return user.consume(isDone)
  await user.transact()
  const written = await broker.waitForMessages(user.name, 1)
  return written.map(({ offset }) => String(offset))
}

async function see(api: ApiName, name: string, kind: Kind): Promise<Case> {
  const expected = EXPECTED[api]
  const user = new KafkajsUser(broker, name, kind.requestTimeoutMs)
  const fault = kind.inject(api, name, expected)
  const struck = () =>
    journal.entries({ api, clientId: name }).find((each) => each.faults.length > 0)
  const isDone = (): boolean => {
    const first = struck()
    if (first === undefined) return false
    if (!kind.isRetried || api === 'OffsetCommit') return true
    return journal.entries({ api, clientId: name, after: first.number }).some(isGood)
  }
  const resumed =
    kind.requestTimeoutMs === undefined
      ? undefined
      : until(() => user.timeouts.some(isOf(api)), `${name} hears nothing`).then(() => fault.stop())
  let end: End = 'goes on'
  let offsets: readonly string[] = []
  try {
    offsets = await use(user, api, isDone)
    const [crash] = user.crashes
    if (crash !== undefined) end = `restarts after ${crash}`
  } catch (error) {
    end = `fails: ${whatIs(error)}`
  }
  await resumed
  await fault.struck()
  await fault.stop()
  return { api, expected, user, fault, struck: struck()!, end, offsets }
}

const seen = pooled(
  new Map(
    COMMON.flatMap((api) =>
      Object.entries(KINDS)
        .filter(([, { only }]) => only === undefined || only === api)
        .map(([what, kind]) => {
          const name = `${api}: ${what}`
          return [name, async () => ({ kind, seen: await see(api, nameOf(name), kind) })] as const
        }),
    ),
  ),
  AT_A_TIME,
)

for (const [name, each] of seen) {
  t.test(name, async (t) => {
    const { kind, seen } = await each
    const { api, user, end, offsets } = seen
    const expected = [kind.end(seen.expected)].flat()
    t.equal(end, expected.find((each) => each === end) ?? expected[0])
    kind.check(t, seen)
    if (!end.startsWith('fails')) t.strictSame([...new Set(offsets)], ['0'], 'once, and no less')
    else if (api in PRODUCER) {
      const isDone = api === 'EndTxn' && name.endsWith('after')
      const count = await broker.topic(user.name).count()
      if (isDone) await broker.waitForMessages(user.name, 1)
      // What was held back is done late, unless the client has hung up by then.
      else if (api === 'EndTxn' && name.endsWith('a while')) {
        t.ok(count <= 1, 'once at most')
      } else t.equal(count, 0, 'nothing is written')
    }
  })
}

t.test('every API as older brokers have it', async (t) => {
  for (const api of COMMON) faults.capVersions(api, EXPECTED[api].version - 1)
  const user = new KafkajsUser(broker, 'older')
  const { lastNumber } = journal
  for (const api of ['Produce', 'Fetch'] as const) t.strictSame(await use(user, api), ['0'])
  for (const api of COMMON) {
    const entries = journal.entries({ api, clientId: user.name, after: lastNumber })
    const versions = [...new Set(entries.map(({ version }) => version))]
    t.strictSame(versions, [EXPECTED[api].version - 1], api)
  }
  await faults.clear()
})

for (const api of COMMON) {
  t.test(`${api} isn't there`, async (t) => {
    faults.capVersions(api, -1)
    const user = new KafkajsUser(broker, `no-${api}`)
    const noCoordinator = 'KafkaJSGroupCoordinatorNotFound'
    const notThere = 'KafkaJSServerDoesNotSupportApiKey'
    const expected = api === 'FindCoordinator' ? noCoordinator : notThere
    const goesOn = () => false
    t.equal(await use(user, api, goesOn).catch(whatIs), expected)
    t.strictSame(journal.entries({ api, clientId: user.name }), [], 'nobody asks for it')
    await faults.clear()
  })
}

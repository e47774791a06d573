import { Kafka } from 'kafkajs'
import t, { type Test } from 'tap'
import { type RunningBroker, startBroker } from '../../../src/index.js'
import { ApiKey, type ApiName } from '../../../src/protocol/api-keys.js'
import { apis } from '../../../src/protocol/apis.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import type { FaultOptions } from '../../../src/testing/faults/fault-spec.js'
import type { Fault, Faults } from '../../../src/testing/faults/faults.js'
import type { JournalEntry } from '../../../src/testing/journal-entry.js'
import { until } from '../../support/until.js'
import { compileJava, Scenarios } from '../java-client/java.js'
import { producerOf } from '../kafkajs/client.js'
import { isGood, nameOf, pooled } from './cases.js'
import { CONSUMER, type Expected, PRODUCER } from './java-expected.js'

const TRANSACT = 'transact_despite_faults'
const CONSUME = 'consume_despite_faults'
const TRANSACTED = ['init', 'begin', 'send', 'commit']
const CONSUMED = ['read first', 'commit first', 'read last', 'commit last']
/** Of Produce: before, clients add partitions to transactions themselves. */
const BEFORE_KIP_890 = 11
const DELAY_MS = 60
/** Timers of Node.js may be early by one. */
const ROUNDING_MS = 2
const THROTTLE_MS = 70
const AT_A_TIME = 6
const DEADLINE_MS = 90_000
/** The client says what it hears and decodes. */
const LOGGING = [
  'org.slf4j.simpleLogger.logFile=System.out',
  'org.slf4j.simpleLogger.log.org.apache.kafka.clients.NetworkClient=debug',
]

const EXPECTED = { ...PRODUCER, ...CONSUMER } as Readonly<Record<ApiName, Expected>>
const COMMON = Object.keys(EXPECTED) as ApiName[]

/** The first JoinGroup is to get a member id (KIP-394), the first Metadata is about no topic. */
const callOf = (api: ApiName): number => (api === 'JoinGroup' || api === 'Metadata' ? 2 : 1)

/** Of an error of all that is fetched, the client says nothing: it goes on to ask. */
const about = (api: ApiName, name: string): FaultOptions =>
  api === 'Fetch' ? { clientId: name, topic: name } : { clientId: name }

interface Seen {
  readonly done: readonly string[]
  readonly failure: string | null
}

interface Case {
  readonly api: ApiName
  readonly expected: Expected
  readonly name: string
  readonly broker: RunningBroker
  /** The requests that were struck. */
  readonly struck: readonly JournalEntry[]
  /** What the client has said meanwhile. */
  readonly log: readonly string[]
  readonly seen: Seen
}

interface Kind {
  /** For the client of that name, whose topic and group are called so, too. */
  readonly inject: (faults: Faults, api: ApiName, name: string) => Fault
  /** Class of the exception in the end; null for none. */
  readonly failure: (expected: Expected) => string | null
  readonly check: (t: Test, each: Case) => void
  readonly isRetried?: boolean
  /** Somebody who isn't ended by it would wait in vain. */
  readonly isLasting?: boolean
  readonly only?: ApiName
}

/** What the client has decoded of its responses. */
function responses({ log, struck }: Case): string[] {
  return struck.flatMap(({ correlationId }) =>
    log.filter(
      (line) => line.includes('Received ') && line.includes(`correlationId=${correlationId},`),
    ),
  )
}

const hears = (t: Test, each: Case, text: string): void => {
  const heard = responses(each)
  t.ok(
    heard.some((line) => line.includes(text)),
    `${text}, of ${heard.join(' / ')}`,
  )
}

const isCutOff = (t: Test, { struck, log }: Case): void => {
  t.strictSame(
    struck.map(({ outcome }) => outcome),
    ['disconnected'],
  )
  t.ok(log.some((line) => / Node -?\d+ disconnected/.test(line)))
}

const KINDS: Readonly<Record<string, Kind>> = {
  'an error that passes': {
    inject: (faults, api, name) =>
      faults.error(api, EXPECTED[api].passing[0], about(api, name)).onCall(callOf(api)),
    failure: ({ passing }) => passing[1],
    check: (t, each) => hears(t, each, `rrorCode=${ErrorCode[each.expected.passing[0]]}`),
    isRetried: true,
  },
  'an error that lasts': {
    inject: (faults, api, name) => faults.error(api, EXPECTED[api].lasting[0], about(api, name)),
    failure: ({ lasting }) => lasting[1],
    isLasting: true,
    check: (t, each) => hears(t, each, `rrorCode=${ErrorCode[each.expected.lasting[0]]}`),
  },
  'a delay': {
    inject: (faults, api, name) =>
      faults.delay(api, DELAY_MS, { clientId: name }).onCall(callOf(api)),
    failure: () => null,
    check: (t, each) => {
      const durations = each.struck.map(({ durationMs = 0 }) => durationMs)
      t.ok(
        durations.some((ms) => ms >= DELAY_MS - ROUNDING_MS),
        durations.join(),
      )
      t.equal(responses(each).length, 1)
    },
  },
  'a connection closed before': {
    inject: (faults, api, name) =>
      faults.disconnect(api, 'before', { clientId: name }).onCall(callOf(api)),
    failure: () => null,
    check: isCutOff,
    isRetried: true,
  },
  'a connection closed after': {
    inject: (faults, api, name) =>
      faults.disconnect(api, 'after', { clientId: name }).onCall(callOf(api)),
    failure: () => null,
    check: isCutOff,
    isRetried: true,
  },
  'no answer': {
    inject: (faults, api, name) => faults.drop(api, { clientId: name }).onCall(callOf(api)),
    failure: () => null,
    check: (t, each) => {
      t.strictSame(responses(each), [])
      t.ok(each.log.some((line) => line.includes('due to request timeout')))
    },
    isRetried: true,
  },
  throttling: {
    inject: (faults, api, name) =>
      faults.throttle(api, THROTTLE_MS, { clientId: name }).onCall(callOf(api)),
    failure: () => null,
    check: (t, each) => hears(t, each, `throttleTimeMs=${THROTTLE_MS}`),
  },
  'a wrong CRC': {
    inject: (faults, _, name) => faults.corrupt(undefined, { clientId: name }).once(),
    failure: () => 'KafkaException',
    check: (t, each) => t.equal(responses(each).length, 1),
    isLasting: true,
    only: 'Fetch',
  },
}

const CASES = COMMON.flatMap((api) =>
  Object.entries(KINDS)
    .filter(([, { only }]) => only === undefined || only === api)
    .map(([what, kind]) => {
      const title = `${api}: ${what}`
      return { title, name: nameOf(title), api, kind }
    }),
)

const seed = {
  topics: Object.fromEntries(
    CASES.map(({ name, api }) => [
      name,
      api in CONSUMER ? { records: [{ value: 'first' }] } : null,
    ]),
  ),
}
const broker = await startBroker({ seed })
t.teardown(() => broker.close())
const before890 = await startBroker({ seed })
before890.faults.capVersions('Produce', BEFORE_KIP_890)
t.teardown(() => before890.close())
const writer = producerOf(new Kafka(broker.clients.kafkajs('writer')))
await writer.connect()
t.teardown(() => writer.disconnect())
const java = new Scenarios(t, await compileJava(t), broker.bootstrapServers, LOGGING)

async function see(api: ApiName, name: string, kind: Kind): Promise<Case> {
  const on = api === 'AddPartitionsToTxn' ? before890 : broker
  const { journal, faults } = on
  const isConsumer = api in CONSUMER
  const fault = kind.inject(faults, api, name)
  const requests = (after = 0) => journal.entries({ api, clientId: name, after })
  const struck = () => requests().filter((each) => each.faults.length > 0)
  const isDone = (): boolean => {
    const [first] = struck()
    if (first === undefined || kind.isLasting) return false
    return !kind.isRetried || requests(first.number).some(isGood)
  }
  let hasEnded = false
  const ended = java.seenIn(scenarioOf(api), name, on.bootstrapServers).finally(() => {
    hasEnded = true
  })
  ended.catch(() => {})
  if (isConsumer) {
    await until(() => hasEnded || isDone(), `${name}`, DEADLINE_MS)
    if (!hasEnded) await writer.send({ topic: name, messages: [{ value: 'last' }] })
  }
  const seen = (await ended) as Seen
  await fault.struck()
  await fault.stop()
  const log = java.otherLines.filter((line) => line.includes(`clientId=${name}`))
  return { api, expected: EXPECTED[api], name, broker: on, struck: struck(), log, seen }
}

/** What users see of a broker that has less; @returns what it was asked for, too. */
async function seeCapped(name: string, scenario: string, cap: (faults: Faults) => void) {
  const records = [{ value: 'first' }, { value: 'last' }]
  const seed = { topics: { [name]: scenario === CONSUME ? { records } : null } }
  await using capped = await startBroker({ seed })
  cap(capped.faults)
  const seen = (await java.seenIn(scenario, name, capped.bootstrapServers)) as Seen
  return { seen, asked: capped.journal.entries({ clientId: name }) }
}

/** The last version of each API that an older broker is to have. */
const capOf = (api: ApiName): number => {
  if (api === 'Produce') return BEFORE_KIP_890
  // The client never asks for more of it.
  if (api === 'AddPartitionsToTxn') return 2
  return apis.get(ApiKey[api])!.request.advertised.max - 1
}

const scenarioOf = (api: ApiName): string => (api in CONSUMER ? CONSUME : TRANSACT)

const older = (name: string, scenario: string) =>
  seeCapped(name, scenario, (faults) => {
    for (const api of COMMON) faults.capVersions(api, capOf(api))
  })

/** Without Fetch, a consumer asks for nothing, and never ends. */
const INDISPENSABLE = COMMON.filter((api) => api !== 'Fetch')

const without = (api: ApiName) =>
  seeCapped(`no-${api}`, scenarioOf(api), (faults) => {
    if (api === 'AddPartitionsToTxn') faults.capVersions('Produce', BEFORE_KIP_890)
    faults.capVersions(api, -1)
  })

const cases = pooled(
  new Map(CASES.map(({ title, name, api, kind }) => [title, () => see(api, name, kind)])),
  AT_A_TIME,
)
const cappedCases = pooled(
  new Map([
    ['older producer', () => older('older-producer', TRANSACT)],
    ['older consumer', () => older('older-consumer', CONSUME)],
    ...INDISPENSABLE.map((api) => [api, () => without(api)] as const),
  ]),
  2,
)
for (const { title, kind } of CASES) {
  t.test(title, async (t) => {
    const each = await cases.get(title)!
    const { api, name, broker, seen } = each
    t.equal(seen.failure, kind.failure(each.expected))
    kind.check(t, each)
    if (seen.failure !== null) return
    t.strictSame(seen.done, api in CONSUMER ? CONSUMED : TRANSACTED)
    if (api in PRODUCER) t.equal((await broker.waitForMessages(name, 1)).length, 1, 'once')
  })
}

t.test('every API as older brokers have it', async (t) => {
  const [producer, consumer] = [
    await cappedCases.get('older producer')!,
    await cappedCases.get('older consumer')!,
  ]
  t.strictSame([producer.seen.failure, consumer.seen.failure], [null, null])
  const asked = [...producer.asked, ...consumer.asked]
  for (const each of COMMON) {
    const versions = asked.filter(({ api }) => api === each).map(({ version }) => version)
    t.strictSame([...new Set(versions)], [capOf(each)], each)
  }
})

for (const api of INDISPENSABLE) {
  t.test(`${api} isn't there`, async (t) => {
    const { seen, asked } = await cappedCases.get(api)!
    // Who doesn't get to send heartbeats tries again, and has read everything before that matters.
    t.equal(seen.failure, api === 'Heartbeat' ? null : 'UnsupportedVersionException')
    t.strictSame(
      asked.filter((each) => each.api === api),
      [],
      'nobody asks for it',
    )
  })
}

import { createRequire } from 'node:module'
import t from 'tap'
import { ApiKey, type ApiName } from '../../../src/protocol/api-keys.js'
import { apis } from '../../../src/protocol/apis.js'
import { ResponseHeader, responseHeaderVersion } from '../../../src/protocol/codec/headers.js'
import { decode, includes } from '../../../src/protocol/codec/index.js'
import type { ErrorName } from '../../../src/protocol/errors.js'
import { Fixture } from '../../unit/testing/broker-fixture.js'
import { sampleMessage } from '../../unit/testing/sample-message.js'

/** How kafkajs reads one version of a response. */
interface KafkajsResponse {
  decode(bytes: Buffer): Promise<Record<string, unknown>>
  /** Rejects for the error that it finds. */
  parse(decoded: unknown): Promise<unknown>
}

const require = createRequire(import.meta.url)

/** Folder and last version of what kafkajs has, and an error that its clients meet there. */
const COMMON: Readonly<Partial<Record<ApiName, readonly [string, number, ErrorName]>>> = {
  Produce: ['produce', 7, 'NOT_LEADER_OR_FOLLOWER'],
  Fetch: ['fetch', 11, 'OFFSET_OUT_OF_RANGE'],
  Metadata: ['metadata', 6, 'LEADER_NOT_AVAILABLE'],
  FindCoordinator: ['findCoordinator', 2, 'COORDINATOR_NOT_AVAILABLE'],
  JoinGroup: ['joinGroup', 5, 'UNKNOWN_MEMBER_ID'],
  SyncGroup: ['syncGroup', 3, 'REBALANCE_IN_PROGRESS'],
  Heartbeat: ['heartbeat', 3, 'ILLEGAL_GENERATION'],
  OffsetCommit: ['offsetCommit', 5, 'NOT_COORDINATOR'],
  OffsetFetch: ['offsetFetch', 4, 'COORDINATOR_LOAD_IN_PROGRESS'],
  InitProducerId: ['initProducerId', 1, 'CONCURRENT_TRANSACTIONS'],
  AddPartitionsToTxn: ['addPartitionsToTxn', 1, 'INVALID_TXN_STATE'],
  EndTxn: ['endTxn', 1, 'INVALID_PRODUCER_EPOCH'],
}

/** What kafkajs calls them. */
const OLD_NAMES: Readonly<Partial<Record<ErrorName, string>>> = {
  NOT_LEADER_OR_FOLLOWER: 'NOT_LEADER_FOR_PARTITION',
  COORDINATOR_LOAD_IN_PROGRESS: 'GROUP_LOAD_IN_PROGRESS',
  COORDINATOR_NOT_AVAILABLE: 'GROUP_COORDINATOR_NOT_AVAILABLE',
  NOT_COORDINATOR: 'NOT_COORDINATOR_FOR_GROUP',
}
const SILENCE_MS = 30

interface Case {
  readonly api: ApiName
  readonly version: number
  readonly error: ErrorName
  readonly kafkajs: KafkajsResponse
}

const cases = Object.entries(COMMON).flatMap(([name, [folder, last, error]]): Case[] => {
  const api = name as ApiName
  const { request } = apis.get(ApiKey[api])!
  const versions = Array.from({ length: last + 1 }, (_, version) => version)
  return versions
    .filter((version) => includes(request.versions, version))
    .map((version) => {
      const path = `kafkajs/src/protocol/requests/${folder}/v${version}/response`
      return { api, version, error, kafkajs: require(path) as KafkajsResponse }
    })
})

const bodyFor = ({ api, version }: Case) => sampleMessage(apis.get(ApiKey[api])!.request, version)

async function answer(fixture: Fixture, each: Case): Promise<Buffer> {
  const { api, version } = each
  const { frame } = await fixture.rawAnswer(api, version, bodyFor(each))
  return frame.subarray(
    decode(ResponseHeader, responseHeaderVersion(ApiKey[api], version), frame).end,
  )
}

t.test('kafkajs finds the error that was injected, in every version that it speaks', async (t) => {
  const fixture = await Fixture.start(t)
  t.ok(cases.length > 40)
  for (const each of cases) {
    const { api, version, error, kafkajs } = each
    const fault = fixture.broker.faults.error(api, error)
    const decoded = await kafkajs.decode(await answer(fixture, each))
    const what = `${api} v${version}`
    const found = await kafkajs.parse(decoded).catch((thrown) => thrown.type)
    t.equal(found, OLD_NAMES[error] ?? error, what)
    await fault.stop()
  }
})

t.test('each of the other faults, at each of these APIs', async (t) => {
  const fixture = await Fixture.start(t)
  const { faults } = fixture.broker
  const newest = cases.filter(({ api, version }) => COMMON[api]![1] === version)
  for (const each of newest) {
    const { api, version, kafkajs } = each
    const send = (timeoutMs?: number) =>
      fixture.client().send(api, version, bodyFor(each), timeoutMs)
    const instead = async (fault: { stop(): Promise<void> }, kind: string, timeoutMs?: number) => {
      t.match(await send(timeoutMs), { kind }, `${api}: ${kind}`)
      await fault.stop()
    }
    await instead(faults.disconnect(api, 'before'), 'closed')
    await instead(faults.drop(api), 'silence', SILENCE_MS)
    await instead(faults.blackhole(), 'silence', SILENCE_MS)
    const throttled = faults.throttle(api, 3)
    // So that nobody waits for what such a request would bring about.
    faults.error(api, 'UNKNOWN_SERVER_ERROR')
    const { throttleTime, clientSideThrottleTime } = await kafkajs.decode(
      await answer(fixture, each),
    )
    t.ok(throttleTime === 3 || clientSideThrottleTime === 3, `${api}: throttled`)
    await throttled.stop()
    const delayed = faults.delay(api, 20)
    const startedMs = Date.now()
    t.match(await send(), { kind: 'response' })
    t.ok(Date.now() - startedMs >= 19, `${api}: delayed`)
    await delayed.stop()
    await faults.clear()
    const capped = faults.capVersions(api, version - 1)
    await instead(capped, 'closed')
  }
})

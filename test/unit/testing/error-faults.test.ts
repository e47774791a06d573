import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { RequestDispatcher, servedVersions } from '../../../src/broker/dispatch.js'
import { systemClock } from '../../../src/env/clock.js'
import { silentLogger } from '../../../src/env/logger.js'
import { ApiKey, type ApiName, apiName } from '../../../src/protocol/api-keys.js'
import { apis } from '../../../src/protocol/apis.js'
import {
  RequestHeader,
  ResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../../src/protocol/codec/headers.js'
import type { AnyMessage, Fields } from '../../../src/protocol/codec/index.js'
import { decode, encodeToBuffer, includes, ZERO_UUID } from '../../../src/protocol/codec/index.js'
import { ErrorCode, type ErrorName, errorName } from '../../../src/protocol/errors.js'
import { BrokerParts } from '../../../src/testing/broker-parts.js'
import {
  type Entity,
  EntityReader,
  isEntryArray,
  type Struct,
} from '../../../src/testing/faults/entities.js'
import { FaultRegistry } from '../../../src/testing/faults/fault-registry.js'
import { MessageSplitter } from '../../../src/testing/faults/split.js'
import { errorsIn } from '../../../src/testing/response-errors.js'
import { newPeer } from '../broker/data-plane-fixture.js'
import { sampleMessage } from './sample-message.js'

/** What Apache Kafka's getErrorResponse makes of a request; test/golden/GoldenRefusals.java wrote it. */
interface Golden {
  readonly api: ApiName
  readonly version: number
  readonly error: number
  readonly request: string
  /** Null: none. */
  readonly response: string | null
}

const goldens = readFileSync(join(process.cwd(), 'test/golden/refusals.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden)

const parts = new BrokerParts({})
await parts.start()
t.teardown(() => parts.stop())
const { handlers } = parts.running.server.services

/** Topics that a request has an id for have names here, whether they are there or not. */
const nameOf = (topicId: string) => (topicId === ZERO_UUID ? undefined : `topic ${topicId}`)
const nothing = () => Promise.reject(new Error('not asked for'))
const faults = new FaultRegistry({
  broker: {
    nodeId: 1,
    topicNames: nameOf,
    closePorts: nothing,
    openPorts: nothing,
    setFenced: nothing,
    fenceProducer: nothing,
    failDisk: () => () => {},
  },
  clock: systemClock,
  onStrike: () => {},
  recentRequests: () => '',
})
const dispatcher = new RequestDispatcher({
  handlers,
  logger: silentLogger,
  legacyVersions: true,
  interceptors: [faults],
})

type Asked = Pick<Golden, 'api' | 'version' | 'request'>

function frameOf({ api, version, request }: Asked): Buffer {
  const header = encodeToBuffer(RequestHeader, requestHeaderVersion(ApiKey[api], version), {
    requestApiKey: ApiKey[api],
    requestApiVersion: version,
    correlationId: 7,
    clientId: 'golden',
  })
  return Buffer.concat([header, Buffer.from(request, 'base64')])
}

/** The answer's body, null without one. */
async function answerTo(golden: Asked): Promise<Buffer | null> {
  const { frame, close } = await dispatcher.dispatch(frameOf(golden), newPeer())
  if (close || frame.length === 0) return null
  const bytes = Buffer.concat(frame).subarray(4)
  const version = responseHeaderVersion(ApiKey[golden.api], golden.version)
  return bytes.subarray(decode(ResponseHeader, version, bytes).end)
}

const bodyOf = (api: ApiName, version: number, bytes: Buffer) =>
  decode(apis.get(ApiKey[api])!.response, version, bytes).value as Record<string, unknown>

const served = goldens.filter(({ api, version }) => {
  const handler = handlers.find(({ request }) => request.key === ApiKey[api])
  return handler !== undefined && includes(handler.request.advertised, version)
})

/** Every version that there is, those of older releases too. */
const versions = handlers.flatMap((each) => {
  const { min, max } = servedVersions(each, true)
  return Array.from({ length: max - min + 1 }, (_, n) => ({
    api: apiName(each.request.key)!,
    version: min + n,
    isOld: !includes(servedVersions(each), min + n),
  }))
})

/** What is said beside the codes is ours, and where the brokers are is told in any case. */
const OURS = new Set([
  'errorMessage',
  'brokers',
  'clusterId',
  'controllerId',
  'clusterAuthorizedOperations',
])

/** In an order of its own: Kafka answers in that of a hash table now and then. */
function withoutOurs(body: unknown): unknown {
  if (typeof body === 'bigint') return String(body)
  if (Array.isArray(body)) return body.map(withoutOurs).sort(byText)
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return body
  const fields = Object.entries(body).filter(([name]) => !OURS.has(name))
  return Object.fromEntries(fields.map(([name, value]) => [name, withoutOurs(value)]))
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

t.test(
  'an injected error stands where Apache Kafka puts errors, in every API and version',
  async (t) => {
    const compared = new Set(served.map(({ api, version }) => `${api} v${version}`))
    for (const { api, version, isOld } of versions) {
      if (!isOld) t.ok(compared.has(`${api} v${version}`), `Kafka's ${api} v${version} is known`)
    }
    for (const golden of served) {
      const { api, version, error } = golden
      const fault = faults.error(api, error)
      const answer = await answerTo(golden)
      await fault.stop()
      t.equal(fault.hits, 1, `${api} v${version} is struck`)
      if (golden.response === null || answer === null) {
        t.equal(answer, golden.response, `${api} v${version}: no answer`)
        continue
      }
      const ours = bodyOf(api, version, answer)
      const theirs = bodyOf(api, version, Buffer.from(golden.response, 'base64'))
      t.strictSame(withoutOurs(ours), withoutOurs(theirs), `${api} v${version}`)
    }
  },
)

/** One that no handler answers by itself. */
const { STREAMS_TOPOLOGY_FENCED: RARE } = ErrorCode
const rare = errorName(RARE) as ErrorName
/** In these versions there is no place for an error. */
const SPEECHLESS = new Set([0, 1, 2].map((version) => `DescribeLogDirs v${version}`))

t.test('there is a place for an error in the versions of older releases, too', async (t) => {
  for (const { api, version } of versions.filter(({ isOld }) => isOld)) {
    const what = `${api} v${version}`
    const { request } = apis.get(ApiKey[api])!
    const body = encodeToBuffer(request, version, sampleMessage(request, version))
    const fault = faults.error(api, RARE)
    const answer = await answerTo({ api, version, request: body.toString('base64') })
    await fault.stop()
    t.equal(fault.hits, 1, `${what} is struck`)
    const isTold = !SPEECHLESS.has(what)
    t.strictSame(errorsIn(bodyOf(api, version, answer!)), isTold ? [rare] : [], what)
  }
})

/** What a session or a wait is about isn't in the request alone. */
const ELSEWHERE = new Set<ApiName>(['Fetch', 'ShareFetch', 'JoinGroup', 'SyncGroup'])

/** What the entries of a message are about. */
function entitiesIn(
  reader: EntityReader,
  message: AnyMessage,
  fields: Fields,
  value: Struct,
  arrayName = '',
): Entity[] {
  const found = reader.entities(arrayName, fields, value)
  for (const [name, { type }] of Object.entries(fields)) {
    const values = value[name]
    if (type.kind !== 'array' || !Array.isArray(values)) continue
    if (!isEntryArray(message.name, name, type)) continue
    const { element } = type
    for (const each of values) {
      if (element.kind === 'struct') {
        found.push(...entitiesIn(reader, message, element.fields, each as Struct, name))
      } else found.push(...[reader.valueEntity(name, each)].flatMap((entity) => entity ?? []))
    }
  }
  return found
}

t.test('with a selector it stands at the entries that are meant, and at no others', async (t) => {
  for (const { api, version } of served) {
    if (ELSEWHERE.has(api) || SPEECHLESS.has(`${api} v${version}`)) continue
    const { request, response } = apis.get(ApiKey[api])!
    const asked = sampleMessage(request, version)
    const body = encodeToBuffer(request, version, asked)
    const golden = { api, version, request: body.toString('base64') }
    const reader = new EntityReader(nameOf, version, asked.keyType as number | undefined)
    const kinds = new Map(
      entitiesIn(reader, request, request.fields, asked).map((entity) => [entity.kind, entity]),
    )
    for (const { kind, name } of kinds.values()) {
      const fault = faults.error(api, RARE, {
        ...(kind === 'group' ? { group: String(name) } : {}),
        ...(kind === 'topic' ? { topic: String(name) } : {}),
        ...(kind === 'transactionalId' ? { transactionalId: String(name) } : {}),
        ...(kind === 'partition' ? { partition: Number(name) } : {}),
      })
      const answer = await answerTo(golden)
      await fault.stop()
      const what = `${api} v${version} ${kind} ${name}`
      t.equal(fault.hits, 1, `${what} is struck`)
      const body = bodyOf(api, version, answer!)
      const isMeant = (each: string | number) => each === name
      const { meant, rest } = new MessageSplitter(reader, { [kind]: isMeant }).split(response, body)
      t.ok(errorsIn(meant ?? body).includes(rare), `${what} has the error`)
      if (meant !== undefined) t.notOk(errorsIn(rest).includes(rare), `${what} alone`)
    }
  }
})

t.test(
  'of a topic that is picked out it stands at its partitions, also when there is no other',
  async (t) => {
    /** What asks for one topic, and where its error stands in each version. */
    const asked = {
      OffsetFetch: (version: number) => {
        const topics = [{ name: 'orders', partitionIndexes: [0, 1] }]
        return version < 8
          ? { groupId: 'g', topics }
          : { groups: [{ groupId: 'g', memberId: null, topics }] }
      },
      OffsetDelete: () => ({
        groupId: 'g',
        topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }],
      }),
    } as const
    for (const api of ['OffsetFetch', 'OffsetDelete'] as const) {
      const { request } = apis.get(ApiKey[api])!
      for (const { version } of versions.filter((each) => each.api === api && each.version < 10)) {
        const bytes = encodeToBuffer(request, version, asked[api](version))
        const fault = faults.error(api, RARE, { topic: 'orders' })
        const body = bodyOf(
          api,
          version,
          (await answerTo({ api, version, request: bytes.toString('base64') }))!,
        )
        await fault.stop()
        const [group = body] = (body.groups ?? []) as Record<string, unknown>[]
        t.equal(group.errorCode ?? 0, ErrorCode.NONE, `${api} v${version}: the group has none`)
        t.match(
          group.topics,
          [{ name: 'orders', partitions: [{ errorCode: RARE }, { errorCode: RARE }] }],
          `${api} v${version}: each partition has it`,
        )
      }
    }
  },
)

import t from 'tap'
import { startBroker } from '../../../src/index.js'
import { ApiKey, apiName } from '../../../src/protocol/api-keys.js'
import { apis } from '../../../src/protocol/apis.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { buildBatch, CompressionType, TimestampType } from '../../../src/protocol/records/index.js'
import { messagesOf, writeMessageSet } from '../../../src/protocol/records/legacy/message-set.js'
import type { Body } from '../../oracle/conversation.js'
import { WireClient } from '../../oracle/wire-client.js'
import type { Teardown } from '../../support/teardown.js'
import { until } from '../../support/until.js'

const LEGACY = { 'samsa.legacy.api.versions.enable': 'true' }
const TIME = Date.now()
const { NONE, GZIP } = CompressionType
const { CREATE_TIME } = TimestampType

async function clientFor(t: Teardown, config: Record<string, string> = LEGACY) {
  const broker = await startBroker({ config })
  const client = WireClient.to(broker.bootstrapServers)
  t.teardown(async () => {
    client.close()
    await broker.close()
  })
  const ask = async (apiKey: number, version: number, body: object): Promise<Body> => {
    const answer = await client.send(apiKey, version, body)
    if (answer.kind !== 'response')
      throw new Error(`${apiName(apiKey)} v${version}: ${answer.kind}`)
    return answer.body
  }
  return { client, ask }
}

type Ask = Awaited<ReturnType<typeof clientFor>>['ask']

const create = (ask: Ask, name: string, version = 0, configs: object[] = []) =>
  ask(ApiKey.CreateTopics, version, {
    topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs }],
  })

async function produce(ask: Ask, version: number, records: Buffer, name = 'pets'): Promise<Body> {
  const answer = await ask(ApiKey.Produce, version, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  })
  return answer.responses[0].partitionResponses[0]
}

async function fetch(ask: Ask, version: number, more: object = {}, request = {}): Promise<Body> {
  const { responses } = await ask(ApiKey.Fetch, version, {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 1,
    topics: [
      {
        topic: 'pets',
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, ...more }],
      },
    ],
    ...(version >= 7 ? { forgottenTopicsData: [] } : {}),
    ...request,
  })
  return responses[0].partitions[0]
}

const record = (value: string, offset = 0) => ({
  offset,
  timestamp: TIME,
  key: Buffer.from('k'),
  value: Buffer.from(value),
})

const flat = (set: Buffer) =>
  [...messagesOf(set)].map(({ offset, magic, timestamp, value }) => [
    offset,
    magic,
    timestamp,
    String(value),
  ])

async function versionsOf(ask: Ask): Promise<Map<number, number[]>> {
  const { apiKeys } = await ask(ApiKey.ApiVersions, 0, {})
  return new Map(
    apiKeys.map((it: Body): [number, number[]] => [it.apiKey, [it.minVersion, it.maxVersion]]),
  )
}

t.test('without the option, what 4.x dropped closes the connection', async (t) => {
  const { client, ask } = await clientFor(t, {})
  const versions = await versionsOf(ask)
  for (const { key, request } of apis.values()) {
    const served = versions.get(key)
    if (served === undefined || request.legacy.max < 0) continue
    t.strictSame(served, [request.advertised.min, request.advertised.max], request.name)
    const answer = await client.sendBytes(key, request.legacy.max, [Buffer.alloc(8)])
    t.equal(answer.kind, 'closed', request.name)
  }
})

t.test('with it, they are told and served', async (t) => {
  const { ask } = await clientFor(t)
  const versions = await versionsOf(ask)
  for (const [key, name, min] of [
    [0, 'Produce', 0],
    [1, 'Fetch', 0],
    [2, 'ListOffsets', 0],
    [8, 'OffsetCommit', 0],
    [9, 'OffsetFetch', 0],
    [19, 'CreateTopics', 0],
    [20, 'DeleteTopics', 0],
    [23, 'OffsetForLeaderEpoch', 0],
    [32, 'DescribeConfigs', 0],
    [35, 'DescribeLogDirs', 0],
    [61, 'DescribeProducers', 0],
  ] as const) {
    if (versions.has(key)) t.equal(versions.get(key)![0], min, name)
  }
})

t.test('message sets of both formats are stored as batches, and come back as either', async (t) => {
  const { ask } = await clientFor(t)
  await create(ask, 'pets')
  const set = (magic: 0 | 1, compression: CompressionType, ...values: string[]) =>
    writeMessageSet(
      { magic, compression, timestampType: CREATE_TIME },
      values.map((value, i) => record(value, i)),
    )
  t.match(await produce(ask, 0, set(0, NONE, 'a', 'b')), { errorCode: 0, baseOffset: 0 })
  t.match(await produce(ask, 1, set(0, GZIP, 'c', 'd')), { errorCode: 0, baseOffset: 2 })
  t.match(await produce(ask, 2, set(1, NONE, 'e')), { baseOffset: 4, logAppendTimeMs: -1 })
  t.match(await produce(ask, 2, set(1, GZIP, 'f', 'g')), { errorCode: 0, baseOffset: 5 })
  const batch = buildBatch({ records: [{ value: Buffer.from('h'), timestamp: TIME }] })
  t.match(await produce(ask, 2, batch), { errorCode: 0, baseOffset: 7 }, 'a batch, as in 3.9')

  const plain = { fetchOffset: 4, partitionMaxBytes: 80 }
  t.strictSame(flat((await fetch(ask, 3, plain)).records), [[4, 1, TIME, 'e']])
  t.strictSame(flat((await fetch(ask, 1, { fetchOffset: 1 })).records).slice(0, 1), [
    [1, 0, -1, 'b'],
  ])
  const offsets = [...messagesOf((await fetch(ask, 2)).records)].map(({ offset }) => offset)
  t.strictSame(offsets, [0, 1, 3, 4, 6, 7], 'wrappers have the offset of their last message')
  const { records } = await fetch(ask, 12)
  t.equal(records.readInt8(16), 2, 'new versions get batches')
})

t.test('bad message sets are refused, an empty one is nothing', async (t) => {
  const { ask } = await clientFor(t)
  await create(ask, 'pets', 1, [{ name: 'max.message.bytes', value: '500' }])
  const format = { magic: 1, compression: NONE, timestampType: CREATE_TIME } as const
  const codeOf = async (records: Buffer) => (await produce(ask, 2, records)).errorCode
  const broken = writeMessageSet(format, [record('x')])
  broken[broken.length - 1]! ^= 1
  t.equal(await codeOf(broken), ErrorCode.CORRUPT_MESSAGE)
  t.equal(
    await codeOf(writeMessageSet(format, [record('x'.repeat(600))])),
    ErrorCode.MESSAGE_TOO_LARGE,
  )
  const late = { ...record('x'), timestamp: TIME + 86_400_000 }
  t.equal(await codeOf(writeMessageSet(format, [late])), ErrorCode.INVALID_TIMESTAMP)
  t.match(await produce(ask, 2, Buffer.alloc(0)), { errorCode: 0, baseOffset: -1 })
  t.match(await fetch(ask, 2), { errorCode: 0, highWatermark: 0 })
})

t.test('a compacted topic wants keys, and a topic with append time gives it', async (t) => {
  const { ask } = await clientFor(t)
  await create(ask, 'pets', 0, [{ name: 'message.timestamp.type', value: 'LogAppendTime' }])
  await create(ask, 'kept', 0, [{ name: 'cleanup.policy', value: 'compact' }])
  const format = { magic: 0, compression: NONE, timestampType: CREATE_TIME } as const
  const answer = await produce(ask, 2, writeMessageSet(format, [record('x')]))
  t.ok(answer.logAppendTimeMs >= TIME)
  const [message] = [...messagesOf((await fetch(ask, 2)).records)]
  t.match(message, {
    timestampType: TimestampType.LOG_APPEND_TIME,
    timestamp: answer.logAppendTimeMs,
  })
  const keyless = writeMessageSet(format, [{ ...record('x'), key: null }])
  t.match(await produce(ask, 1, keyless, 'kept'), { errorCode: ErrorCode.INVALID_RECORD })
})

t.test('a message that does not fit is begun, so that the client asks for more', async (t) => {
  const { ask } = await clientFor(t)
  await create(ask, 'pets')
  await produce(ask, 3, buildBatch({ records: [{ value: Buffer.alloc(500), timestamp: TIME }] }))
  const little = { partitionMaxBytes: 100 }
  for (const version of [0, 1, 2]) {
    const { records } = await fetch(ask, version, little)
    t.equal(records.length, 12)
    t.ok(records.readInt32BE(8) > 500)
  }
  const whole = await fetch(ask, 3, little, { maxBytes: 100 })
  t.equal([...messagesOf(whole.records)].length, 1, 'from version 3 on it comes whole')
})

t.test('zstd can not be told to old clients', async (t) => {
  const { ask } = await clientFor(t)
  await create(ask, 'pets')
  const compression = CompressionType.ZSTD
  const zstd = buildBatch({ records: [{ value: Buffer.alloc(500), timestamp: TIME }], compression })
  await produce(ask, 9, zstd)
  t.match(await fetch(ask, 3), {
    errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    records: Buffer.alloc(0),
  })
})

t.test('offsets of segments', async (t) => {
  const { ask } = await clientFor(t)
  await create(ask, 'pets', 0, [{ name: 'segment.bytes', value: '1048576' }])
  const list = async (timestamp: bigint, maxNumOffsets: number, name = 'pets') => {
    const { topics } = await ask(ApiKey.ListOffsets, 0, {
      replicaId: -1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp, maxNumOffsets }] }],
    })
    const { errorCode, oldStyleOffsets } = topics[0].partitions[0]
    return errorCode === 0 ? oldStyleOffsets : errorCode
  }
  t.strictSame(await list(-1n, 5), [0])
  const large = buildBatch({ records: [{ value: Buffer.alloc(600_000), timestamp: TIME }] })
  for (let i = 0; i < 3; i++) await produce(ask, 3, large)
  t.strictSame(await list(-1n, 5), [3, 2, 1, 0])
  t.strictSame(await list(-1n, 1), [3])
  t.strictSame(await list(-1n, 0), [])
  t.strictSame(await list(-2n, 5), [0])
  t.strictSame(await list(BigInt(TIME - 3_600_000), 5), [])
  t.strictSame(await list(BigInt(TIME + 3_600_000), 2), [3, 2])
  t.equal(await list(-1n, 1, 'none'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

t.test('offsets of groups', async (t) => {
  const { ask } = await clientFor(t)
  await create(ask, 'pets')
  await until(async () => {
    const { errorCode } = await ask(ApiKey.FindCoordinator, 0, { key: 'g' })
    return errorCode === 0
  }, 'the coordinator')
  const commit = async (version: number, committedOffset: bigint, more: object = {}) => {
    const partitions = [
      { partitionIndex: 0, committedOffset, committedMetadata: `v${version}`, ...more },
    ]
    return until(async () => {
      const { topics } = await ask(ApiKey.OffsetCommit, version, {
        groupId: 'g',
        topics: [{ name: 'pets', partitions }],
      })
      const { errorCode } = topics[0].partitions[0]
      return errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && `code ${errorCode}`
    })
  }
  const committed = async (version: number) => {
    const { topics } = await ask(ApiKey.OffsetFetch, version, {
      groupId: 'g',
      topics: [{ name: 'pets', partitionIndexes: [0] }],
    })
    const { committedOffset, metadata, errorCode } = topics[0].partitions[0]
    return [committedOffset, metadata, errorCode]
  }
  t.equal(await commit(0, 5n), 'code 0')
  t.strictSame(await committed(0), [5n, 'v0', 0])
  t.equal(await commit(1, 7n, { commitTimestamp: TIME }), 'code 0')
  t.strictSame(await committed(1), [7n, 'v1', 0])
  const { topics } = await ask(ApiKey.OffsetFetch, 0, {
    groupId: 'other',
    topics: [{ name: 'pets', partitionIndexes: [0] }],
  })
  t.match(topics[0].partitions, [
    { committedOffset: -1n, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
  ])
})

t.test('topics, configurations, directories and epochs', async (t) => {
  const { ask } = await clientFor(t)
  for (const version of [0, 1]) {
    const { topics } = await create(ask, `pets-${version}`, version, [
      { name: 'retention.ms', value: '5' },
    ])
    t.match(topics, [{ name: `pets-${version}`, errorCode: 0 }])
    t.match((await create(ask, `pets-${version}`, version)).topics, [
      { errorCode: ErrorCode.TOPIC_ALREADY_EXISTS },
    ])
  }
  const { results } = await ask(ApiKey.DescribeConfigs, 0, {
    resources: [{ resourceType: 2, resourceName: 'pets-0', configurationKeys: null }],
  })
  const configs = new Map<string, Body>(results[0].configs.map((it: Body) => [it.name, it]))
  t.match(configs.get('retention.ms'), { value: '5', isDefault: false })
  t.match(configs.get('retention.bytes'), { value: '-1', isDefault: true })
  const dirs = await ask(ApiKey.DescribeLogDirs, 0, { topics: null })
  t.match(dirs.results, [{ errorCode: 0 }])
  for (const version of [0, 1]) {
    const epochs = await ask(ApiKey.OffsetForLeaderEpoch, version, {
      topics: [{ topic: 'pets-0', partitions: [{ partition: 0, leaderEpoch: 0 }] }],
    })
    t.match(epochs.topics[0].partitions, [{ errorCode: 0, endOffset: 0 }])
  }
  const deleted = await ask(ApiKey.DeleteTopics, 0, { topicNames: ['pets-0'], timeoutMs: 1000 })
  t.match(deleted.responses, [{ name: 'pets-0', errorCode: 0 }])
})

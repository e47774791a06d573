import t from 'tap'
import { systemClocks } from '../../../src/env/clock.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { silentLogger } from '../../../src/env/logger.js'
import { systemNetwork } from '../../../src/env/network-node.js'
import { systemRandom } from '../../../src/env/random.js'
import { ConfigResourceType } from '../../../src/metadata/config/resource.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { CompressionType, compressionType } from '../../../src/protocol/records/batch.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import { BrokerServer } from '../../../src/server/broker-server.js'
import { nodeProperties } from '../../../src/server/node-properties.js'
import { WireClient } from '../../oracle/wire-client.js'
import { until } from '../../support/until.js'

const MEGABYTE = 1024 * 1024
const TOPIC = 'open'
const DAY_MS = 24 * 60 * 60 * 1000

type Settings = Readonly<Record<string, string>>

interface Produced {
  readonly errorCode: number
  readonly logAppendTimeMs: number
}

/** A running broker with a topic that has been written to, so that its log is open. */
class Running {
  readonly disk = new MemoryDisk(64 * MEGABYTE)
  #server: BrokerServer | undefined
  #client: WireClient | undefined

  async start(settings: Settings = {}): Promise<this> {
    const { disk } = this
    const properties = nodeProperties({ disk, directory: '/data', host: '127.0.0.1', port: 0 })
    this.#server = await BrokerServer.start({
      properties: new Map([...properties, ...Object.entries(settings)]),
      disk,
      network: systemNetwork,
      clocks: systemClocks,
      random: systemRandom,
      logger: silentLogger,
      hostName: 'here.example',
      onFault: (error) => t.fail(error.message),
    })
    this.#client = new WireClient('127.0.0.1', this.#server.endpoints[0]!.port)
    await this.#ask(ApiKey.CreateTopics, 7, {
      topics: [
        { name: TOPIC, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    t.match(await this.produce({}), { errorCode: ErrorCode.NONE, logAppendTimeMs: -1 })
    return this
  }

  async close(): Promise<void> {
    this.#client?.close()
    await this.#server?.close()
  }

  async set(resourceType: number, resourceName: string, settings: Settings): Promise<void> {
    const configs = Object.entries(settings).map(([name, value]) => ({
      name,
      configOperation: 0,
      value,
    }))
    const { responses } = await this.#ask<{ responses: object[] }>(
      ApiKey.IncrementalAlterConfigs,
      1,
      { resources: [{ resourceType, resourceName, configs }], validateOnly: false },
    )
    t.match(responses, [{ errorCode: ErrorCode.NONE }])
  }

  setTopic(settings: Settings): Promise<void> {
    return this.set(ConfigResourceType.TOPIC, TOPIC, settings)
  }

  /** Sets what holds for all brokers. */
  setBrokers(settings: Settings): Promise<void> {
    return this.set(ConfigResourceType.BROKER, '', settings)
  }

  async produce(of: { bytes?: number; key?: Buffer | null; ageMs?: number }): Promise<Produced> {
    const { bytes = 10, key = Buffer.from('k'), ageMs = 0 } = of
    const timestamp = systemClocks.logical.now() - ageMs
    const records = buildBatch({ records: [{ key, value: Buffer.alloc(bytes), timestamp }] })
    const { responses } = await this.#ask<{ responses: { partitionResponses: Produced[] }[] }>(
      ApiKey.Produce,
      9,
      {
        transactionalId: null,
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }],
      },
    )
    return responses[0]!.partitionResponses[0]!
  }

  async codeOf(of: Parameters<Running['produce']>[0]): Promise<number> {
    return (await this.produce(of)).errorCode
  }

  /** @param timestamp -1 for the end, -2 for the begin */
  async offset(timestamp: bigint): Promise<number> {
    const { topics } = await this.#ask<{ topics: { partitions: { offset: number }[] }[] }>(
      ApiKey.ListOffsets,
      5,
      {
        replicaId: -1,
        isolationLevel: 0,
        topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp }] }],
      },
    )
    return topics[0]!.partitions[0]!.offset
  }

  get segments(): number {
    const names = (this.disk.list(`/data/${TOPIC}-0`) ?? []).map(({ name }) => name)
    return names.filter((name) => name.endsWith('.log')).length
  }

  /** The last batch on the log. */
  lastCompression(): number {
    const log = this.disk.readFile(`/data/${TOPIC}-0/00000000000000000000.log`)!
    let at = 0
    for (let next = 0; next < log.length; next += 12 + log.readInt32BE(next + 8)) at = next
    return compressionType(log, at)
  }

  async #ask<T>(apiKey: number, version: number, body: object): Promise<T> {
    const answer = await this.#client!.send(apiKey, version, body)
    if (answer.kind !== 'response') throw new Error(answer.kind)
    return answer.body as T
  }
}

t.test('what is set on a topic acts on its open log at once', async (t) => {
  const broker = await new Running().start({ 'log.retention.check.interval.ms': '20' })
  t.teardown(() => broker.close())

  await broker.setTopic({ 'max.message.bytes': '1000' })
  t.equal(await broker.codeOf({ bytes: 2000 }), ErrorCode.MESSAGE_TOO_LARGE)
  await broker.setTopic({ 'max.message.bytes': String(2 * MEGABYTE) })
  t.equal(await broker.codeOf({ bytes: 2000 }), ErrorCode.NONE)

  await broker.setTopic({ 'message.timestamp.before.max.ms': '1000' })
  t.equal(await broker.codeOf({ ageMs: DAY_MS }), ErrorCode.INVALID_TIMESTAMP)
  await broker.setTopic({ 'message.timestamp.type': 'LogAppendTime' })
  const { errorCode, logAppendTimeMs } = await broker.produce({ ageMs: DAY_MS })
  t.equal(errorCode, ErrorCode.NONE)
  t.ok(logAppendTimeMs > 0)

  for (const type of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await broker.setTopic({ 'compression.type': type })
    t.equal(await broker.codeOf({ bytes: 1000 }), ErrorCode.NONE)
    const name = type.toUpperCase() as Uppercase<typeof type>
    t.equal(broker.lastCompression(), CompressionType[name], type)
  }
  await broker.setTopic({ 'compression.type': 'producer' })

  await broker.setTopic({ 'cleanup.policy': 'compact' })
  t.equal(await broker.codeOf({ key: null }), ErrorCode.INVALID_RECORD)
  await broker.setTopic({ 'cleanup.policy': 'delete' })
  t.equal(await broker.codeOf({ key: null }), ErrorCode.NONE)

  await broker.setTopic({ 'segment.bytes': String(MEGABYTE) })
  const { segments } = broker
  for (let i = 0; i < 3; i++) t.equal(await broker.codeOf({ bytes: 600_000 }), ErrorCode.NONE)
  t.ok(broker.segments >= segments + 2, 'segments end earlier')

  t.equal(await broker.offset(-2n), 0)
  await broker.setTopic({ 'retention.bytes': '1' })
  await until(async () => (await broker.offset(-2n)) > 0, 'retention by size')
  await broker.setTopic({ 'retention.ms': '1' })
  const end = await broker.offset(-1n)
  await until(async () => (await broker.offset(-2n)) === end, 'retention by time')
})

t.test('what is set on the brokers acts on open logs that leave it to them', async (t) => {
  const broker = await new Running().start({ 'log.retention.check.interval.ms': '20' })
  t.teardown(() => broker.close())

  await broker.setBrokers({ 'message.max.bytes': '1000' })
  t.equal(await broker.codeOf({ bytes: 2000 }), ErrorCode.MESSAGE_TOO_LARGE)
  await broker.setTopic({ 'max.message.bytes': '5000' })
  t.equal(await broker.codeOf({ bytes: 2000 }), ErrorCode.NONE, 'the topic has the last word')

  await broker.setBrokers({ 'log.message.timestamp.type': 'LogAppendTime' })
  t.ok((await broker.produce({})).logAppendTimeMs > 0)

  await broker.setBrokers({ 'compression.type': 'lz4' })
  t.equal(await broker.codeOf({ bytes: 1000 }), ErrorCode.NONE)
  t.equal(broker.lastCompression(), CompressionType.LZ4)

  t.equal(await broker.offset(-2n), 0)
  const end = await broker.offset(-1n)
  await broker.setBrokers({ 'log.retention.ms': '1' })
  await until(async () => (await broker.offset(-2n)) === end, 'retention by time')
})

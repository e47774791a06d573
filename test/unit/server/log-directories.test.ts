import t from 'tap'
import { systemClocks } from '../../../src/env/clock.js'
import { DiskError, type DiskFile } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { silentLogger } from '../../../src/env/logger.js'
import { systemNetwork } from '../../../src/env/network-node.js'
import { systemRandom } from '../../../src/env/random.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import { BrokerServer } from '../../../src/server/broker-server.js'
import { nodeProperties } from '../../../src/server/node-properties.js'
import { WireClient } from '../../oracle/wire-client.js'
import { until } from '../../support/until.js'

const TOPIC = 'spread'

/** A disk of which what lies under one path can fail. */
class TwoDisks extends MemoryDisk {
  failing: string | undefined

  #check(path: string): void {
    if (this.#fails(path)) throw new DiskError('EIO', `${path}: I/O error`)
  }

  #fails(path: string): boolean {
    return this.failing !== undefined && path.startsWith(this.failing)
  }

  override readFile(path: string) {
    this.#check(path)
    return super.readFile(path)
  }

  override open(path: string, options?: { readonly create?: boolean }): DiskFile {
    this.#check(path)
    return new Proxy(super.open(path, options), {
      get: (file, name) => {
        if (name === 'write' && this.#fails(path)) {
          return ((_buffers, _position, done) =>
            done(new DiskError('EIO', `${path}: I/O error`))) satisfies DiskFile['write']
        }
        const value: unknown = Reflect.get(file, name)
        return typeof value === 'function' ? value.bind(file) : value
      },
    })
  }
}

interface PartitionSeen {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly leaderId: number
  readonly offlineReplicas: readonly number[]
}

/** A broker with two log directories, and a client of it. */
class Broker {
  readonly faults: Error[] = []
  #server: BrokerServer | undefined
  #client: WireClient | undefined

  constructor(readonly disk: TwoDisks) {}

  async start(): Promise<this> {
    const { disk } = this
    const properties = nodeProperties({ disk, directory: '/a', host: '127.0.0.1', port: 0 })
    this.#server = await BrokerServer.start({
      properties: new Map([...properties, ['log.dirs', '/a,/b']]),
      disk,
      network: systemNetwork,
      clocks: systemClocks,
      random: systemRandom,
      logger: silentLogger,
      hostName: 'here.example',
      onFault: (error) => this.faults.push(error),
    })
    this.#client = new WireClient('127.0.0.1', this.#server.endpoints[0]!.port)
    return this
  }

  async close(): Promise<void> {
    this.#client?.close()
    await this.#server?.close()
  }

  async ask<T>(apiKey: number, version: number, body: object): Promise<T> {
    const answer = await this.#client!.send(apiKey, version, body)
    if (answer.kind !== 'response') throw new Error(answer.kind)
    return answer.body as T
  }

  async partitions(): Promise<PartitionSeen[]> {
    const { topics } = await this.ask<{ topics: { partitions: PartitionSeen[] }[] }>(
      ApiKey.Metadata,
      9,
      { topics: [{ name: TOPIC }], allowAutoTopicCreation: false },
    )
    return [...topics[0]!.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)
  }

  async produce(index: number): Promise<number> {
    const records = buildBatch({ records: [{ key: null, value: Buffer.from('v') }] })
    const { responses } = await this.ask<{
      responses: { partitionResponses: { errorCode: number }[] }[]
    }>(ApiKey.Produce, 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: TOPIC, partitionData: [{ index, records }] }],
    })
    return responses[0]!.partitionResponses[0]!.errorCode
  }

  /** Where a partition ends; an error code where it can't be told. */
  async endOf(partitionIndex: number): Promise<{ errorCode: number; offset: number }> {
    const { topics } = await this.ask<{
      topics: { partitions: { errorCode: number; offset: number }[] }[]
    }>(ApiKey.ListOffsets, 5, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex, timestamp: -1n }] }],
    })
    return topics[0]!.partitions[0]!
  }

  /** The partition that has its log in the directory. */
  partitionIn(directory: string): number {
    const entries = this.disk.list(directory) ?? []
    const { name } = entries.find((entry) => entry.name.startsWith(`${TOPIC}-`))!
    return Number(name.slice(TOPIC.length + 1))
  }
}

/** A broker with a record in each directory, and which partition is where. */
async function started(disk: TwoDisks): Promise<{ broker: Broker; inA: number; inB: number }> {
  const broker = await new Broker(disk).start()
  await broker.ask(ApiKey.CreateTopics, 7, {
    topics: [{ name: TOPIC, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  for (const index of [0, 1]) t.equal(await broker.produce(index), ErrorCode.NONE)
  return { broker, inA: broker.partitionIn('/a'), inB: broker.partitionIn('/b') }
}

const isOffline = ({ leaderId, offlineReplicas, errorCode }: PartitionSeen): boolean =>
  leaderId === -1 && offlineReplicas.length === 1 && errorCode === ErrorCode.LEADER_NOT_AVAILABLE

t.test('a directory that fails takes its partitions with it, and no others', async (t) => {
  const { broker, inA, inB } = await started(new TwoDisks(64 * 1024 * 1024))
  broker.disk.failing = '/b'
  t.equal(await broker.produce(inB), ErrorCode.KAFKA_STORAGE_ERROR)
  await until(async () => isOffline((await broker.partitions())[inB]!), 'clients to be told')
  t.match((await broker.partitions())[inA], { errorCode: 0, leaderId: 1, offlineReplicas: [] })
  t.equal(await broker.produce(inA), ErrorCode.NONE)
  t.strictSame(broker.faults, [], 'the broker goes on')
  await broker.close()
})

t.test('a start without one of the directories begins no log of it anew', async (t) => {
  const { broker, inA, inB } = await started(new TwoDisks(64 * 1024 * 1024))
  await broker.close()
  broker.disk.failing = '/b'
  await broker.start()
  t.ok(isOffline((await broker.partitions())[inB]!), 'it has no leader')
  t.not(await broker.produce(inB), ErrorCode.NONE)
  t.not((await broker.endOf(inB)).errorCode, ErrorCode.NONE)
  t.equal(await broker.produce(inA), ErrorCode.NONE)
  await broker.close()
  broker.disk.failing = undefined
  await broker.start()
  t.match(await broker.endOf(inB), { errorCode: 0, offset: 1 }, 'and is back with its directory')
  t.match(await broker.endOf(inA), { errorCode: 0, offset: 2 })
  t.equal(await broker.produce(inB), ErrorCode.NONE)
  await broker.close()
})

t.test(
  'a directory that comes back empty is another one, and has none of the old logs',
  async (t) => {
    const { broker, inA, inB } = await started(new TwoDisks(64 * 1024 * 1024))
    await broker.close()
    broker.disk.remove('/b')
    await broker.start()
    t.ok(isOffline((await broker.partitions())[inB]!), 'what was in it has no leader')
    t.equal(await broker.produce(inB), ErrorCode.NOT_LEADER_OR_FOLLOWER)
    t.equal(await broker.produce(inA), ErrorCode.NONE)
    await broker.close()
  },
)

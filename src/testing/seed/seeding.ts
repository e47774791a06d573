import { ErrorCode, errorName, KafkaError } from '../../protocol/errors.js'
import { buildBatch, type RecordInput } from '../../protocol/records/index.js'
import { ProduceRequest, ProduceResponse } from '../../protocol/schema/produce.js'
import type { LocalAdmin } from '../local-admin.js'
import type { RunningServer } from '../server-faults.js'
import { partitionForKey } from './partitioner.js'
import {
  type GroupSeed,
  type RecordSeed,
  type Seed,
  type SeedValue,
  type TopicSeed,
  timestampMs,
} from './seed.js'

/** The last one that names topics. */
const PRODUCE_VERSION = 12
const PRODUCE_TIMEOUT_MS = 30_000
const ALL_IN_SYNC = -1
/** Of one batch: well below what a topic takes. */
const MAX_BATCH_RECORDS = 1000
const MAX_BATCH_BYTES = 256 * 1024

/** Brings about what a seed says, by requests as clients send them. */
export class Seeding {
  constructor(
    private readonly running: RunningServer,
    private readonly admin: LocalAdmin,
    private readonly nowMs: () => number,
  ) {}

  /** @throws KafkaError what the broker refuses, with the name of the topic or group */
  async apply({ topics = {}, groups = {} }: Seed): Promise<void> {
    await this.#createTopics(topics)
    for (const [topic, seed] of Object.entries(topics)) {
      if (seed?.records !== undefined) await this.#produce(topic, seed.records)
    }
    for (const [groupId, seed] of Object.entries(groups)) await this.#commit(groupId, seed)
  }

  async #createTopics(topics: NonNullable<Seed['topics']>): Promise<void> {
    const { metadata } = this.running.server.services
    const absent = Object.entries(topics).filter(([name]) => !metadata.topicsByName.has(name))
    const present = Object.entries(topics).filter(([name]) => metadata.topicsByName.has(name))
    await this.admin.createTopics(
      absent.map(([name, seed]) => ({
        name,
        partitions: seed?.partitions,
        configs: configsOf(seed),
      })),
    )
    for (const [name, seed] of present) {
      const { size } = metadata.topicsByName.get(name)!.partitions
      if (seed?.partitions !== undefined && seed.partitions !== size) {
        throw new TypeError(`${name} has ${size} partitions already, and not ${seed.partitions}`)
      }
      await this.admin.setTopicConfigs(name, configsOf(seed))
    }
  }

  async #produce(topic: string, records: readonly RecordSeed[]): Promise<void> {
    const { partitions } = this.running.server.services.metadata.topicsByName.get(topic)!
    const byPartition = new Map<number, RecordInput[]>()
    let next = 0
    for (const seed of records) {
      const record = recordOf(seed, this.nowMs())
      const partition =
        seed.partition ??
        (record.key == null
          ? next++ % partitions.size
          : partitionForKey(record.key, partitions.size))
      const those = byPartition.get(partition)
      if (those === undefined) byPartition.set(partition, [record])
      else those.push(record)
    }
    for (const [partition, those] of byPartition) {
      for (const batch of batches(those)) await this.#produceBatch(topic, partition, batch)
    }
  }

  async #produceBatch(topic: string, index: number, batch: Buffer): Promise<void> {
    const { responses } = await this.running.client.ask(
      ProduceRequest,
      ProduceResponse,
      PRODUCE_VERSION,
      {
        acks: ALL_IN_SYNC,
        timeoutMs: PRODUCE_TIMEOUT_MS,
        topicData: [{ name: topic, partitionData: [{ index, records: batch }] }],
      },
    )
    const { errorCode, errorMessage } = responses[0]!.partitionResponses[0]!
    if (errorCode === ErrorCode.NONE) return
    throw new KafkaError(
      errorCode as ErrorCode,
      `${topic}-${index}: ${errorMessage ?? errorName(errorCode)}`,
    )
  }

  async #commit(groupId: string, { offsets }: GroupSeed): Promise<void> {
    const { metadata } = this.running.server.services
    const commits = Object.entries(offsets).flatMap(([topic, given]) => {
      const all = [...(metadata.topicsByName.get(topic)?.partitions.keys() ?? [0])]
      const each =
        typeof given === 'number'
          ? all.map((partition) => [partition, given] as const)
          : Object.entries(given).map(([partition, offset]) => [Number(partition), offset] as const)
      return each.map(([partition, offset]) => ({ topic, partition, offset: BigInt(offset) }))
    })
    await this.admin.commitOffsets(groupId, commits)
  }
}

function configsOf(seed: TopicSeed | null): ReadonlyMap<string, string> {
  const configs = Object.entries(seed?.configs ?? {})
  return new Map(configs.map(([name, value]) => [name, String(value)]))
}

function recordOf(seed: RecordSeed, nowMs: number): RecordInput {
  const { timestamp = nowMs } = seed
  return {
    key: bytesOf(seed.key),
    value: bytesOf(seed.value),
    headers: Object.entries(seed.headers ?? {}).map(([key, value]) => ({
      key,
      value: bytesOf(value),
    })),
    timestamp: timestampMs(timestamp),
  }
}

function bytesOf(value: SeedValue | undefined): Buffer | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return Buffer.from(value)
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  if (isBase64(value)) return Buffer.from(value.base64, 'base64')
  return Buffer.from(JSON.stringify(value))
}

function isBase64(value: object | number | boolean): value is { readonly base64: string } {
  const keys = typeof value === 'object' ? Object.keys(value) : []
  return keys.length === 1 && typeof (value as { base64?: unknown }).base64 === 'string'
}

function* batches(records: readonly RecordInput[]): Generator<Buffer> {
  let batch: RecordInput[] = []
  let bytes = 0
  for (const record of records) {
    const size = (record.key?.length ?? 0) + (record.value?.length ?? 0)
    if (
      batch.length === MAX_BATCH_RECORDS ||
      (batch.length > 0 && bytes + size > MAX_BATCH_BYTES)
    ) {
      yield buildBatch({ records: batch })
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += size
  }
  if (batch.length > 0) yield buildBatch({ records: batch })
}

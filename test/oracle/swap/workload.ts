import { ApiKey } from '../../../src/protocol/api-keys.js'
import { CompressionType, type RecordInput } from '../../../src/protocol/records/index.js'
import type { Body, Conversation } from '../conversation.js'
import { createTopic } from '../fixtures.js'
import { joinBody, syncBody } from '../group-requests.js'
import { type Ledger, send, textOf } from './ledger.js'
import {
  APPEND_TIME,
  CODECS,
  CONFIGURED_GROUP,
  IDEMPOTENT,
  MEMBERS,
  PLAIN,
  SIMPLE,
  TOPICS,
  TRIMMED,
} from './names.js'

const MESSAGE_TOO_LARGE = 10
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45
const MEMBER_ID_REQUIRED = 79

const RECORDS_A_BATCH = 8
const RECORD_BYTES = 8000
/** Three segments of the smallest size. */
const BATCHES_AT_FIRST = 48
/** Enough to begin another one now and then. */
const BATCHES_LATER = 8
const SESSION_TIMEOUT_MS = 5 * 60 * 1000

/** What isn't as it has to be, in words. */
export type Complain = (what: string) => void

interface Producer {
  readonly producerId: number
  sequence: number
  last: { readonly batch: Buffer; readonly baseOffset: number }
}

/** What clients do with every broker, one after the other, on the same directory. */
export class Workload {
  #round = 0
  readonly #producers: Producer[] = []
  #member: Body | undefined

  constructor(private readonly ledger: Ledger) {}

  /** Makes what all rounds need. */
  async prepare(c: Conversation): Promise<void> {
    for (const [name, { partitions, configs }] of Object.entries(TOPICS)) {
      await createTopic(c, name, partitions, configs)
    }
  }

  /** @param stopsCleanly how the broker will be stopped */
  async round(c: Conversation, complain: Complain, stopsCleanly: boolean): Promise<void> {
    await this.#records(c)
    await this.#appendTime(c)
    await this.#idempotence(c, complain)
    await this.#trimmed(c, complain, stopsCleanly)
    await this.#deletion(c)
    await this.#offsets(c)
    await this.#membership(c, complain)
    await this.#configs(c)
    this.#round++
  }

  async #records(c: Conversation): Promise<void> {
    const batches = this.#round === 0 ? BATCHES_AT_FIRST : BATCHES_LATER
    for (let i = 0; i < batches; i++) {
      for (let partition = 0; partition < TOPICS[PLAIN]!.partitions; partition++) {
        await this.ledger.produce(c, PLAIN, partition, this.ledger.batchOf(this.#texts(i)))
      }
      for (const compression of Object.values(CompressionType)) {
        const batch = this.ledger.batchOf(this.#texts(i), { compression })
        await this.ledger.produce(c, CODECS, compression, batch)
      }
    }
  }

  #texts(batch: number): RecordInput[] {
    return Array.from({ length: RECORDS_A_BATCH }, (_, i) => ({
      key: i % 2 ? Buffer.from(`key ${i}`) : null,
      value: textOf(`${this.#round} ${batch} ${i}`, RECORD_BYTES),
      headers: i % 3 ? [] : [{ key: 'round', value: Buffer.from(`${this.#round}`) }],
    }))
  }

  async #appendTime(c: Conversation): Promise<void> {
    for (const compression of [CompressionType.NONE, CompressionType.ZSTD]) {
      const batch = this.ledger.batchOf(this.#texts(0), { compression })
      const { errorCode } = await send(c, APPEND_TIME, 0, batch)
      if (errorCode !== 0) throw new Error(`produce to ${APPEND_TIME}: ${errorCode}`)
    }
  }

  /** Producers go on where they were: what they repeat is known, what they leave out is noticed. */
  async #idempotence(c: Conversation, complain: Complain): Promise<void> {
    for (const producer of this.#producers) {
      const { batch, baseOffset } = producer.last
      const repeated = await send(c, IDEMPOTENT, 0, batch)
      if (repeated.errorCode !== 0 || repeated.baseOffset !== baseOffset) {
        complain(`the batch at ${baseOffset} was repeated: ${JSON.stringify(repeated)}`)
      }
      const gap = this.#numbered(producer, producer.sequence + 1)
      const { errorCode } = await send(c, IDEMPOTENT, 0, gap)
      if (errorCode !== OUT_OF_ORDER_SEQUENCE_NUMBER) complain(`a gap was taken: ${errorCode}`)
    }
    const { producerId } = await c.quietly(
      ApiKey.InitProducerId,
      4,
      { transactionalId: null, transactionTimeoutMs: 0 },
      { until: (body) => body.errorCode === 0 },
    )
    if (this.#producers.some((each) => each.producerId === producerId)) {
      complain(`the producer id ${producerId} was given out twice`)
    }
    const last = { batch: Buffer.alloc(0), baseOffset: -1 }
    this.#producers.push({ producerId, sequence: 0, last })
    for (const producer of this.#producers) {
      for (let i = 0; i < 3; i++) await this.#continue(c, producer)
    }
  }

  async #continue(c: Conversation, producer: Producer): Promise<void> {
    const batch = this.#numbered(producer, producer.sequence)
    const baseOffset = await this.ledger.produce(c, IDEMPOTENT, 0, batch)
    producer.sequence += 2
    producer.last = { batch, baseOffset }
  }

  #numbered({ producerId }: Producer, baseSequence: number): Buffer {
    const records = [{ value: Buffer.from(`${baseSequence}`) }, { value: Buffer.from('next') }]
    return this.ledger.batchOf(records, { producerId, producerEpoch: 0, baseSequence })
  }

  async #trimmed(c: Conversation, complain: Complain, stopsCleanly: boolean): Promise<void> {
    const value = (bytes: number) => [{ value: textOf('trimmed', bytes) }]
    let offset = 0
    for (let i = 0; i < 4; i++) {
      offset = await this.ledger.produce(c, TRIMMED, 0, this.ledger.batchOf(value(100)))
    }
    const { errorCode } = await send(c, TRIMMED, 0, this.ledger.batchOf(value(2100)))
    if (errorCode !== MESSAGE_TOO_LARGE) complain(`too large a batch was taken: ${errorCode}`)
    // Where the log starts may be forgotten in a crash.
    if (!stopsCleanly) return
    const { topics } = await c.quietly(ApiKey.DeleteRecords, 2, {
      topics: [{ name: TRIMMED, partitions: [{ partitionIndex: 0, offset: offset - 1 }] }],
      timeoutMs: 10_000,
    })
    const deleted = topics[0].partitions[0].errorCode
    if (deleted !== 0) throw new Error(`delete from ${TRIMMED}: ${deleted}`)
  }

  /** A topic that has come and gone when the next broker starts. */
  async #deletion(c: Conversation): Promise<void> {
    const name = `gone-${this.#round}`
    await createTopic(c, name)
    await this.ledger.produce(c, name, 0, this.ledger.batchOf(this.#texts(0)))
    const { responses } = await c.quietly(ApiKey.DeleteTopics, 5, {
      topicNames: [name],
      timeoutMs: 10_000,
    })
    if (responses[0].errorCode !== 0) throw new Error(`delete ${name}: ${responses[0].errorCode}`)
  }

  async #offsets(c: Conversation): Promise<void> {
    await ready(c, SIMPLE)
    await commit(c, { groupId: SIMPLE, generationIdOrMemberEpoch: -1, memberId: '' }, this.#round)
  }

  /** The member that the broker before knew goes on, and the group has a new generation. */
  async #membership(c: Conversation, complain: Complain): Promise<void> {
    await ready(c, MEMBERS)
    if (this.#member) {
      const { memberId, generationId } = this.#member
      const request = { groupId: MEMBERS, generationId, memberId }
      const { errorCode } = await c.quietly(ApiKey.Heartbeat, 4, request)
      if (errorCode !== 0) complain(`the member isn't known: ${errorCode}`)
    }
    const memberId = this.#member?.memberId ?? ''
    let joined = await join(c, memberId)
    if (joined.errorCode === MEMBER_ID_REQUIRED) joined = await join(c, joined.memberId)
    if (joined.errorCode !== 0) throw new Error(`join: ${joined.errorCode}`)
    const synced = await c.quietly(ApiKey.SyncGroup, 5, syncBody(MEMBERS, joined))
    if (synced.errorCode !== 0) throw new Error(`sync: ${synced.errorCode}`)
    if (this.#member && joined.generationId <= this.#member.generationId) {
      complain(`generation ${joined.generationId} after ${this.#member.generationId}`)
    }
    this.#member = joined
    const generationIdOrMemberEpoch = joined.generationId
    const member = { groupId: MEMBERS, memberId: joined.memberId, generationIdOrMemberEpoch }
    await commit(c, member, this.#round)
  }

  async #configs(c: Conversation): Promise<void> {
    const round = this.#round
    const set = (resourceType: number, resourceName: string, name: string, value: number) => ({
      resourceType,
      resourceName,
      configs: [{ name, configOperation: 0, value: `${value + round}` }],
    })
    const { responses } = await c.quietly(ApiKey.IncrementalAlterConfigs, 1, {
      resources: [
        set(2, PLAIN, 'max.message.bytes', 1_500_000),
        set(4, '1', 'message.max.bytes', 1_400_000),
        set(4, '', 'log.retention.ms', 1_000_000_000),
        set(32, CONFIGURED_GROUP, 'consumer.session.timeout.ms', 46_000),
      ],
      validateOnly: false,
    })
    for (const { errorCode, errorMessage } of responses) {
      if (errorCode !== 0) throw new Error(`configs: ${errorMessage}`)
    }
  }
}

const join = (c: Conversation, memberId: string): Promise<Body> =>
  c.quietly(
    ApiKey.JoinGroup,
    7,
    joinBody(MEMBERS, { memberId, sessionTimeoutMs: SESSION_TIMEOUT_MS }),
  )

/** Waits until a group can be used. */
export async function ready(c: Conversation, groupId: string): Promise<void> {
  await c.quietly(
    ApiKey.FindCoordinator,
    3,
    { key: groupId, keyType: 0 },
    { until: (body) => body.errorCode === 0 },
  )
  await c.quietly(
    ApiKey.OffsetFetch,
    7,
    { groupId, topics: [] },
    { until: (body) => body.errorCode === 0 },
  )
}

/** Commits two offsets of {@link PLAIN}. */
export async function commit(c: Conversation, member: object, round: number): Promise<void> {
  const partitions = [
    { partitionIndex: 0, committedOffset: BigInt(round), committedMetadata: `round ${round}` },
    {
      partitionIndex: 1,
      committedOffset: 2n ** 40n,
      committedLeaderEpoch: 3,
      committedMetadata: '',
    },
  ]
  const topics = [{ name: PLAIN, partitions }]
  const answer = await c.quietly(ApiKey.OffsetCommit, 9, { ...member, topics })
  for (const { errorCode } of answer.topics[0].partitions) {
    if (errorCode !== 0) throw new Error(`commit: ${errorCode}`)
  }
}

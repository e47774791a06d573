import { createHash } from 'node:crypto'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import {
  type BatchInput,
  buildBatch,
  type RecordInput,
  setBaseOffset,
} from '../../../src/protocol/records/index.js'
import type { Conversation } from '../conversation.js'
import { identityOf } from './partition-log.js'

/** Timestamps begin so long ago, and go on from batch to batch. */
const BEGIN_BEFORE_MS = 50 * 60 * 1000
const BETWEEN_BATCHES_MS = 2000

/** Produces, and keeps what was acknowledged. */
export class Ledger {
  readonly #written = new Map<string, string[]>()
  #timeMs = Date.now() - BEGIN_BEFORE_MS

  /** The batches that a partition must hold, as `identityOf` tells them. */
  writtenTo(topic: string, partition: number): readonly string[] {
    return this.#written.get(`${topic}-${partition}`) ?? []
  }

  /** A batch of its own time, which is later than that of all before it. */
  batchOf(records: readonly RecordInput[], more: Partial<BatchInput> = {}): Buffer {
    this.#timeMs += BETWEEN_BATCHES_MS
    return buildBatch({ records, timestamp: this.#timeMs, ...more })
  }

  /** Has a batch acknowledged. @returns its base offset */
  async produce(
    c: Conversation,
    topic: string,
    partition: number,
    batch: Buffer,
    transactionalId: string | null = null,
  ): Promise<number> {
    const { errorCode, baseOffset } = await send(c, topic, partition, batch, transactionalId)
    if (errorCode !== 0) throw new Error(`produce to ${topic}-${partition}: ${errorCode}`)
    const stored = Buffer.from(batch)
    setBaseOffset(stored, 0, baseOffset)
    const name = `${topic}-${partition}`
    const before = this.#written.get(name)
    if (before) before.push(identityOf(stored))
    else this.#written.set(name, [identityOf(stored)])
    return baseOffset
  }
}

/** Sends a batch. @returns the answer for its partition */
export async function send(
  c: Conversation,
  name: string,
  index: number,
  records: Buffer,
  transactionalId: string | null = null,
): Promise<{ readonly errorCode: number; readonly baseOffset: number }> {
  const answer = await c.quietly(ApiKey.Produce, 9, {
    transactionalId,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name, partitionData: [{ index, records }] }],
  })
  return answer.responses[0].partitionResponses[0]
}

/** Text that no codec makes much smaller, the same for the same seed. */
export function textOf(seed: string, bytes: number): Buffer {
  const outputLength = Math.ceil((bytes * 3) / 4)
  const digest = createHash('shake256', { outputLength }).update(seed).digest('base64')
  return Buffer.from(digest.slice(0, bytes))
}

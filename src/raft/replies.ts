import { ErrorCode } from '../protocol/errors.js'
import type { Effect, RequestToken } from './core/effects.js'
import type { FetchSnapshotResponse, RaftResponse } from './core/messages.js'
import { entryBatches } from './records.js'
import type { Snapshots } from './snapshots.js'
import type { RaftLog } from './storage.js'

export type Reply = (response: RaftResponse) => void

/** Those who wait for an answer, and the answers that need log or snapshots. */
export class Replies {
  readonly #waiting = new Map<RequestToken, Reply>()
  #lastToken = 0

  constructor(
    private readonly log: RaftLog,
    private readonly snapshots: Snapshots,
    private readonly replica: {
      epoch(): number
      /** The log can't be read. */
      fail(error: unknown): void
    },
  ) {}

  /** @returns what the answer to a request will carry */
  expect(reply: Reply): RequestToken {
    const token = ++this.#lastToken
    this.#waiting.set(token, reply)
    return token
  }

  send(token: RequestToken, response: RaftResponse): void {
    const reply = this.#waiting.get(token)
    this.#waiting.delete(token)
    reply?.(response)
  }

  sendEntries(effect: Effect & { type: 'replyWithEntries' }): void {
    const { token, response, fromOffset, upToOffset, maxBytes } = effect
    const answer = (bytes: Buffer): void => {
      // What was read after another leader truncated isn't what this answer promises.
      const stale = this.replica.epoch() !== response.epoch
      this.send(token, { ...response, batches: stale ? [] : entryBatches(bytes) })
    }
    const { startOffset, endOffset } = this.log
    if (fromOffset < startOffset || fromOffset > endOffset) {
      // It has gone since; the next fetch will be told so.
      this.send(token, response)
      return
    }
    const bytes = this.log.read(fromOffset, maxBytes, upToOffset)
    if (bytes instanceof Promise) bytes.then(answer, (error) => this.replica.fail(error))
    else answer(bytes)
  }

  sendSnapshotPiece(effect: Effect & { type: 'replyWithSnapshot' }): void {
    this.send(effect.token, this.#snapshotPiece(effect.response, effect.maxBytes))
  }

  #snapshotPiece(response: FetchSnapshotResponse, maxBytes: number): FetchSnapshotResponse {
    const { snapshotId, position } = response
    const size = this.snapshots.size(snapshotId)
    if (size === undefined) return { ...response, error: ErrorCode.SNAPSHOT_NOT_FOUND }
    if (position < 0 || position >= size) {
      return { ...response, error: ErrorCode.POSITION_OUT_OF_RANGE }
    }
    return { ...response, size, bytes: this.snapshots.read(snapshotId, position, maxBytes) }
  }

  /** Nobody will be answered any more. */
  clear(): void {
    this.#waiting.clear()
  }
}

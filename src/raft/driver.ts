import type { Clocks } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import type {
  LeaderAndEpoch,
  OffsetAndEpoch,
  RaftClient,
  RaftListener,
  SnapshotWriter,
} from './client.js'
import { CommittedLog } from './committed-log.js'
import { RaftCore } from './core/core.js'
import type { Effect } from './core/effects.js'
import type { RaftRequest } from './core/messages.js'
import { defaultRaftConfig, type RaftConfig } from './core/replica.js'
import { EffectQueue } from './effect-queue.js'
import { ListenerContext } from './listener-context.js'
import { MAX_BATCH_BYTES } from './records.js'
import { Replies, type Reply } from './replies.js'
import { defaultSnapshotRetention, type SnapshotRetention, Snapshots } from './snapshots.js'
import type { RaftStorage } from './storage.js'
import type { RaftTransport } from './transport.js'
import type { ReplicaKey, VoterSet } from './voter-set.js'
import { WakeUp } from './wake-up.js'

/** Upper bound of what a batch's header and a record's framing add, bytes. */
const BATCH_OVERHEAD = 61
const RECORD_OVERHEAD = 32

export interface RaftDriverOptions {
  readonly key: ReplicaKey
  readonly voters: VoterSet
  readonly kraftVersion: number
  readonly storage: RaftStorage
  readonly transport: RaftTransport
  /** Elections and waits follow the pacing clock, the entries' timestamps the logical one. */
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly config?: RaftConfig
  readonly retention?: SnapshotRetention
  /**
   * The replica can't go on: its disk failed, or its log contradicts the leader's. It has stopped and
   * appends nothing more.
   */
  readonly onFault: (error: Error) => void
}

/**
 * One replica at work: feeds the core with what happens and carries out what it asks for, in the
 * order that {@link Effect} promises.
 */
export class RaftDriver implements RaftClient {
  readonly #options: RaftDriverOptions
  readonly #core: RaftCore
  readonly #snapshots: Snapshots
  readonly #log: CommittedLog
  readonly #wakeUp: WakeUp
  readonly #queue: EffectQueue
  readonly #listeners: ListenerContext[] = []
  readonly #replies: Replies
  /** What has been handed to the listeners; follows the core's as effects are carried out. */
  #committed: number
  #onQuiet: (() => void) | undefined
  #stopped = false

  constructor(options: RaftDriverOptions) {
    this.#options = options
    const { storage } = options
    this.#snapshots = new Snapshots(
      storage.snapshots,
      options.retention ?? defaultSnapshotRetention,
    )
    this.#log = new CommittedLog(storage.log, options.voters)
    this.#replies = new Replies(storage.log, this.#snapshots, {
      epoch: () => this.leaderAndEpoch.epoch,
      fail: (error) => this.#fault(error),
    })
    this.#wakeUp = new WakeUp(options.clocks.pacing, () =>
      this.#event((nowMs) => this.#core.tick(nowMs)),
    )
    const latestSnapshotId = this.#snapshots.latestId
    this.#committed = latestSnapshotId?.offset ?? 0
    this.#queue = new EffectQueue((effect, proceed) =>
      // A log that is offline refuses at once.
      this.#orFault(() => this.#perform(effect, proceed), true),
    )
    const base = storage.log.startOffset > 0 ? this.#baseOf(storage.log.startOffset) : undefined
    this.#core = new RaftCore(
      {
        key: options.key,
        voters: options.voters,
        kraftVersion: options.kraftVersion,
        quorumState: storage.quorumState.read(),
        log: {
          ...(base ? { base } : {}),
          ...(latestSnapshotId ? { latestSnapshotId } : {}),
          epochs: storage.log.epochs(),
          endOffset: storage.log.endOffset,
        },
        config: options.config ?? defaultRaftConfig,
        random: options.random,
      },
      this.#now(),
    )
    this.#afterEvent()
  }

  /** The snapshot that the log follows. */
  #baseOf(startOffset: number): OffsetAndEpoch {
    const id = this.#options.storage.snapshots.list().find(({ offset }) => offset === startOffset)
    if (!id) throw new Error(`the log begins at ${startOffset}, where there is no snapshot`)
    return id
  }

  get nodeId(): number {
    return this.#options.key.id
  }

  get core(): RaftCore {
    return this.#core
  }

  get leaderAndEpoch(): LeaderAndEpoch {
    return this.#core.leaderAndEpoch
  }

  get highWatermark(): number | undefined {
    return this.#core.highWatermark
  }

  get logEndOffset(): number {
    return this.#core.log.endOffset
  }

  get latestSnapshotId(): OffsetAndEpoch | undefined {
    return this.#snapshots.latestId
  }

  register(listener: RaftListener): void {
    const { storage } = this.#options
    const context = new ListenerContext(listener, {
      logStart: () => storage.log.startOffset,
      latestSnapshotId: () => this.#snapshots.latestId,
      openSnapshot: (id) => this.#snapshots.open(id),
      read: (offset, highWatermark) => this.#log.read(offset, highWatermark),
      fail: (error) => this.#fault(error),
    })
    this.#listeners.push(context)
    // The core is ahead of what was carried out; news under way will reach this listener too.
    if (!this.#queue.has('leaderChange')) {
      const { state } = this.#core
      const epochStart = state.name === 'leader' ? state.epochStartOffset : undefined
      context.leaderChanged(this.leaderAndEpoch, epochStart)
    }
    context.committed(this.#committed)
  }

  unregister(listener: RaftListener): void {
    const index = this.#listeners.findIndex((context) => context.listener === listener)
    if (index < 0) return
    this.#listeners[index]!.close()
    this.#listeners.splice(index, 1)
  }

  scheduleAppend(epoch: number, records: readonly Buffer[]): number {
    let bytes = BATCH_OVERHEAD
    for (const record of records) bytes += record.length + RECORD_OVERHEAD
    if (bytes > MAX_BATCH_BYTES) {
      throw new RangeError(
        `${records.length} records of ${bytes} bytes are more than one batch holds`,
      )
    }
    const lastOffset = this.#core.append(epoch, records, this.#now())
    this.#afterEvent()
    return lastOffset
  }

  resign(epoch: number): void {
    this.#event((nowMs) => this.#core.resign(epoch, nowMs))
  }

  /** A request of another replica; `reply` is called once, perhaps much later (a fetch waits). */
  handleRequest(request: RaftRequest, reply: Reply): void {
    if (this.#stopped) return
    const token = this.#replies.expect(reply)
    this.#event((nowMs) => this.#core.handleRequest(token, request, nowMs))
  }

  createSnapshot(
    id: OffsetAndEpoch,
    lastContainedLogTimestamp: number,
  ): SnapshotWriter | undefined {
    const { log } = this.#core
    if ((log.latestSnapshotId?.offset ?? -1) >= id.offset) return undefined
    if (id.offset > this.#committed || id.offset < log.startOffset) {
      throw new RangeError(
        `a snapshot at ${id.offset} lies outside of the committed log, ${log.startOffset} to ${this.#committed}`,
      )
    }
    if (log.epochAt(id.offset - 1) !== id.epoch) {
      throw new RangeError(`the log's epoch before ${id.offset} isn't ${id.epoch}`)
    }
    const { kraftVersion, voters, clocks } = this.#options
    return this.#snapshots.create(
      id,
      lastContainedLogTimestamp,
      kraftVersion > 0 ? voters : undefined,
      () => clocks.logical.now(),
      () => this.#orFault(() => this.#snapshotFrozen(id), undefined),
    )
  }

  #snapshotFrozen(id: OffsetAndEpoch): void {
    if (this.#stopped) return
    this.#core.snapshotCreated(id)
    const { storage, clocks } = this.#options
    const now = clocks.logical.now()
    for (;;) {
      const start = this.#snapshots.nextLogStart(storage.log.size, now)
      if (!start || start.offset > this.#committed) return
      storage.log.advanceStart(start.offset)
      this.#core.logStartAdvanced(start)
      this.#snapshots.removeBefore(start.offset)
    }
  }

  async close(): Promise<void> {
    if (this.#stopped) return
    await new Promise<void>((resolve) => {
      const { pacing } = this.#options.clocks
      const giveUp = pacing.after(
        (this.#options.config ?? defaultRaftConfig).requestTimeoutMs,
        () => {
          this.#onQuiet = undefined
          resolve()
        },
      )
      this.#onQuiet = () => {
        giveUp.cancel()
        resolve()
      }
      this.#event((nowMs) => this.#core.shutdown(nowMs))
    })
    this.stop()
    await new Promise<void>((resolve, reject) => {
      this.#options.storage.log.close((error) => (error ? reject(error) : resolve()))
    })
  }

  /** Ends at once, as a crash would, but for what is being written. */
  stop(): void {
    this.#stopped = true
    this.#wakeUp.cancel()
    this.#queue.stop()
    this.#replies.clear()
    for (const listener of this.#listeners) listener.close()
    this.#options.transport.close()
  }

  #now(): number {
    return this.#options.clocks.pacing.now()
  }

  #event(event: (nowMs: number) => void): void {
    if (this.#stopped) return
    this.#orFault(() => event(this.#now()), undefined)
    if (!this.#stopped) this.#afterEvent()
  }

  #afterEvent(): void {
    this.#queue.push(this.#core.takeEffects())
    if (this.#stopped) return
    this.#wakeUp.noLaterThan(this.#core.wakeAtMs)
    this.#tellIfQuiet()
  }

  /** When closing: nothing is being written, and whoever needs to know of the end knows. */
  #tellIfQuiet(): void {
    if (!this.#onQuiet || !this.#queue.idle || this.#core.log.appending) return
    const { state } = this.#core
    if (state.name === 'leader') return
    if (state.name === 'resigned' && state.unacknowledged.size > 0) return
    const tell = this.#onQuiet
    this.#onQuiet = undefined
    tell()
  }

  #orFault<T>(action: () => T, otherwise: T): T {
    try {
      return action()
    } catch (error) {
      this.#fault(error)
      return otherwise
    }
  }

  #fault(error: unknown): void {
    if (this.#stopped) return
    this.stop()
    const cause = error instanceof Error ? error : new Error(String(error))
    this.#options.logger.error({ err: cause }, 'the metadata log can not go on')
    this.#options.onFault(cause)
  }

  #perform(effect: Effect, proceed: () => void): boolean {
    const { storage, transport, clocks } = this.#options
    const orFault = (next: () => void) => (error: Error | null) => {
      if (this.#stopped) return
      if (error) this.#fault(error)
      else next()
    }
    const goOn = (): void => {
      proceed()
      this.#tellIfQuiet()
    }
    switch (effect.type) {
      case 'persist':
        storage.quorumState.write(effect.state, orFault(goOn))
        return true
      case 'truncate':
        storage.log.truncateTo(effect.endOffset, orFault(goOn))
        return true
      case 'installSnapshot':
        this.#installSnapshot(effect.snapshotId, orFault, goOn)
        return true
      case 'storeSnapshotPiece':
        this.#snapshots.storePiece(effect.snapshotId, effect.position, effect.bytes)
        return false
      case 'append':
        this.#log.append(
          effect,
          clocks.logical.now(),
          orFault(() => this.#event((nowMs) => this.#core.appendCompleted(effect.appendId, nowMs))),
        )
        return false
      case 'send':
        transport.send(effect.to, effect.request, (response) =>
          this.#event((nowMs) => {
            if (response) {
              this.#core.handleResponse(effect.to, effect.correlationId, response, nowMs)
            } else this.#core.requestFailed(effect.to, effect.correlationId, nowMs)
          }),
        )
        return false
      case 'reply':
        this.#replies.send(effect.token, effect.response)
        return false
      case 'replyWithEntries':
        this.#replies.sendEntries(effect)
        return false
      case 'replyWithSnapshot':
        this.#replies.sendSnapshotPiece(effect)
        return false
      case 'commit':
        this.#commit(effect.highWatermark)
        return false
      case 'leaderChange':
        this.#leaderChanged(effect)
        return false
    }
  }

  #installSnapshot(
    id: OffsetAndEpoch,
    orFault: (next: () => void) => (error: Error | null) => void,
    done: () => void,
  ): void {
    const { log } = this.#options.storage
    this.#snapshots.install(
      id,
      orFault(() =>
        log.truncateFullyAndStartAt(
          id.offset,
          orFault(() => {
            this.#snapshots.removeBefore(id.offset)
            done()
          }),
        ),
      ),
    )
  }

  #commit(highWatermark: number): void {
    this.#committed = Math.max(this.#committed, highWatermark)
    this.#options.storage.log.updateHighWatermark(highWatermark)
    for (const listener of [...this.#listeners]) listener.committed(highWatermark)
    this.#log.forgetBefore(highWatermark)
  }

  #leaderChanged(effect: Effect & { type: 'leaderChange' }): void {
    const { leaderId, epoch, epochStartOffset } = effect
    if (epochStartOffset === undefined) this.#log.forgetAll()
    this.#options.logger.info({ leaderId, epoch }, 'leader of the metadata quorum changed')
    for (const listener of [...this.#listeners]) {
      listener.leaderChanged({ leaderId, epoch }, epochStartOffset)
    }
  }
}

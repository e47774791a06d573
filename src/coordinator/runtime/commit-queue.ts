import type { Clock, Timer } from '../../env/clock.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'

/** Called once: when everything before the offset is committed, or with why that won't be known. */
export type CommitCallback = (error: KafkaError | null) => void

interface Waiting {
  readonly offset: number
  readonly done: CommitCallback
  timer: Timer | undefined
}

/** Those who wait for the high watermark, in the order of their offsets. */
export class CommitQueue {
  #waiting: Waiting[] = []

  /**
   * @param clock what it takes to replicate is real time, so the pacing one
   * @param timeoutMs after which one who waits is told REQUEST_TIMED_OUT
   */
  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  get size(): number {
    return this.#waiting.length
  }

  /** @param offset at least as large as any before */
  add(offset: number, done: CommitCallback): void {
    const waiting: Waiting = { offset, done, timer: undefined }
    this.#waiting.push(waiting)
    waiting.timer = this.clock.after(this.timeoutMs, () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting)
      done(new KafkaError(ErrorCode.REQUEST_TIMED_OUT))
    })
  }

  /** Everything before `highWatermark` is committed. */
  advance(highWatermark: number): void {
    for (;;) {
      const first = this.#waiting[0]
      if (first === undefined || first.offset > highWatermark) return
      this.#waiting.shift()
      first.timer?.cancel()
      first.done(null)
    }
  }

  fail(error: KafkaError): void {
    const all = this.#waiting
    this.#waiting = []
    for (const { timer, done } of all) {
      timer?.cancel()
      done(error)
    }
  }
}

/** One who waits for the log to be committed up to somewhere. */
interface Waiter {
  readonly offset: number
  readonly committed: () => void
  readonly lost: (error: Error) => void
}

/** Answers that go out when what they tell is committed (Kafka's `DeferredEventQueue`). */
export class CommitWaiters {
  /** In the order of their offsets, since decisions are. */
  #waiters: Waiter[] = []

  get size(): number {
    return this.#waiters.length
  }

  /** Calls one of the two, once. */
  add(offset: number, committed: () => void, lost: (error: Error) => void): void {
    this.#waiters.push({ offset, committed, lost })
  }

  /** Everything up to that offset, itself included, is committed. */
  committedUpTo(offset: number): void {
    const first = this.#waiters.findIndex((waiter) => waiter.offset > offset)
    const due = this.#waiters.splice(0, first < 0 ? this.#waiters.length : first)
    for (const waiter of due) waiter.committed()
  }

  /** Nobody will know here what becomes of what they wait for. */
  loseAll(error: Error): void {
    const lost = this.#waiters
    this.#waiters = []
    for (const waiter of lost) waiter.lost(error)
  }
}

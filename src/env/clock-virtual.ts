import type { Clock, Timer } from './clock.js'

interface Entry {
  readonly dueMs: number
  /** Timers of one moment go off in the order in which they were set. */
  readonly order: number
  callback: (() => void) | undefined
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)

/** Time that only passes when it is told to: whole days of a simulation run in a moment. */
export class VirtualClock implements Clock {
  #nowMs: number
  #lastOrder = 0
  /** A binary heap, the next one first. */
  readonly #heap: Entry[] = []

  constructor(readonly startMs: number) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const order = ++this.#lastOrder
    const entry: Entry = { dueMs: this.#nowMs + Math.max(0, delayMs), order, callback }
    this.#push(entry)
    return {
      cancel: () => {
        entry.callback = undefined
      },
    }
  }

  /** When the next timer goes off, undefined when none is set. */
  get nextDueMs(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.callback === undefined) this.#pop()
    return this.#heap[0]?.dueMs
  }

  /** Moves to the next timer and lets it go off. @returns whether there was one */
  runNext(): boolean {
    if (this.nextDueMs === undefined) return false
    const entry = this.#pop()
    this.#nowMs = Math.max(this.#nowMs, entry.dueMs)
    const { callback } = entry
    entry.callback = undefined
    callback!()
    return true
  }

  /** Moves on to a moment before which no timer is due. */
  advanceTo(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #pop(): Entry {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

/** How one machine's clock differs from the true one. */
export interface Skew {
  readonly offsetMs: number
  /** Its milliseconds in a true one. */
  readonly rate: number
}

/** The clock of one process on a machine of its own. */
export class ProcessClock implements Clock {
  readonly #timers = new Set<Timer>()
  #killed = false

  constructor(
    private readonly clock: VirtualClock,
    private readonly skew: Skew = { offsetMs: 0, rate: 1 },
  ) {}

  now(): number {
    const { startMs } = this.clock
    const { rate, offsetMs } = this.skew
    return Math.floor(startMs + (this.clock.now() - startMs) * rate + offsetMs)
  }

  after(delayMs: number, callback: () => void): Timer {
    if (this.#killed) return { cancel: () => {} }
    const timer = this.clock.after(delayMs / this.skew.rate, () => {
      this.#timers.delete(timer)
      callback()
    })
    this.#timers.add(timer)
    return {
      cancel: () => {
        this.#timers.delete(timer)
        timer.cancel()
      },
    }
  }

  /** The process ends: none of its timers will go off. */
  kill(): void {
    this.#killed = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}

import type { Effect } from './core/effects.js'

/**
 * Carries out the core's effects in their order. An effect that holds the rest back says when the
 * rest may go on; effects that come up while others are carried out queue behind them.
 */
export class EffectQueue {
  #queue: Effect[] = []
  #running = false
  #held = false
  #stopped = false

  /**
   * @param perform carries out one effect. Returns true when it called or will call `proceed`, before
   *   which nothing else is done.
   */
  constructor(private readonly perform: (effect: Effect, proceed: () => void) => boolean) {}

  /** Nothing is waiting. */
  get idle(): boolean {
    return this.#queue.length === 0 && !this.#held
  }

  /** An effect of that type is still to be carried out. */
  has(type: Effect['type']): boolean {
    return this.#queue.some((effect) => effect.type === type)
  }

  push(effects: readonly Effect[]): void {
    if (this.#stopped) return
    for (const effect of effects) this.#queue.push(effect)
    this.#run()
  }

  /** Drops what is left. */
  stop(): void {
    this.#stopped = true
    this.#queue = []
  }

  #run(): void {
    if (this.#running || this.#held) return
    this.#running = true
    try {
      for (let effect = this.#queue.shift(); effect; effect = this.#queue.shift()) {
        this.#held = true
        const proceed = (): void => {
          this.#held = false
          this.#run()
        }
        if (!this.perform(effect, proceed)) this.#held = false
        if (this.#held) return
      }
    } finally {
      this.#running = false
    }
  }
}

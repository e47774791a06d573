import type { Peer } from './handler.js'

/**
 * Keeps the order of a connection's requests where one has to ask somebody else before it takes
 * effect: those after it wait until it has.
 */
export class SubmissionOrder {
  /** The last one of each connection that hasn't taken effect; its promise never rejects. */
  readonly #last = new WeakMap<Peer, Promise<void>>()

  /**
   * @param submit lets a request take effect; undefined when that is done, otherwise when it will be
   * @returns as `submit`, after those before it. What it throws, this throws or rejects with
   */
  submit(peer: Peer, submit: () => Promise<void> | undefined): Promise<void> | undefined {
    const before = this.#last.get(peer)
    const submitted = before === undefined ? submit() : before.then(submit)
    if (submitted === undefined) return undefined
    const over: Promise<void> = submitted
      .catch(() => {})
      .then(() => {
        if (this.#last.get(peer) === over) this.#last.delete(peer)
      })
    this.#last.set(peer, over)
    return submitted
  }
}

import type { Peer } from './handler.js'

/** Of one connection. Beyond that, the oldest is forgotten. */
const NAMES_MAX = 1000

/**
 * What clients have deleted: who then asks for a topic of that name on the same connection wants to see
 * that it is gone, also where asking for a topic creates it.
 */
export class DeletedTopics {
  readonly #names = new WeakMap<Peer, Set<string>>()

  add(peer: Peer, name: string): void {
    const names = this.#names.get(peer) ?? new Set()
    this.#names.set(peer, names)
    names.delete(name)
    names.add(name)
    for (const oldest of names) {
      if (names.size <= NAMES_MAX) break
      names.delete(oldest)
    }
  }

  /** @returns whether the client has deleted a topic of that name since it was last asked here */
  take(peer: Peer, name: string): boolean {
    return this.#names.get(peer)?.delete(name) ?? false
  }
}

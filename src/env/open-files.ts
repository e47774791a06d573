/** A file that may give its descriptor up and take another one when it needs it again. */
export interface Evictable {
  readonly path: string
  /** Used since this was last set to false. */
  wasUsed: boolean
  /** Something is under way on the descriptor, or its name is another one by now. */
  readonly isPinned: boolean
  pin(): void
  closeDescriptor(): void
}

/**
 * Bounds how many descriptors are open at a time: a broker may have more logs than its process may
 * have files. Those go that weren't used lately (second chance); what is pinned stays, whatever the
 * bound.
 */
export class OpenFiles {
  /** The one that was looked at longest ago first. */
  readonly #files = new Set<Evictable>()

  constructor(private readonly maxOpen: number) {}

  get count(): number {
    return this.#files.size
  }

  /** A descriptor has been opened. */
  add(file: Evictable): void {
    this.#shrinkTo(this.maxOpen - 1)
    this.#files.add(file)
  }

  /** What was pinned may have been set free. */
  trim(): void {
    if (this.#files.size > this.maxOpen) this.#shrinkTo(this.maxOpen)
  }

  /** A descriptor has been closed. */
  remove(file: Evictable): void {
    this.#files.delete(file)
  }

  /** What is at or under this path gets another name or none: its files can't be opened again. */
  pinUnder(path: string): void {
    for (const file of this.#files) {
      if (file.path === path || file.path.startsWith(`${path}/`)) file.pin()
    }
  }

  // Each file is looked at twice at most: the first look may only take its mark.
  #shrinkTo(count: number): void {
    for (let looks = 2 * this.#files.size; this.#files.size > count && looks > 0; looks--) {
      this.#lookAtOldest()
    }
  }

  #lookAtOldest(): void {
    const oldest = this.#files.values().next().value!
    this.#files.delete(oldest)
    if (oldest.isPinned || oldest.wasUsed) {
      oldest.wasUsed = false
      this.#files.add(oldest)
      return
    }
    oldest.closeDescriptor()
  }
}

/**
 * Hands out the least loaded and the most loaded of some members, on the assumption that each one
 * handed out gets, or gives up, one partition (Kafka's `MemberAssignmentBalancer`).
 *
 * The members stand sorted by how many partitions they have. Two ranges grow towards each other, of
 * members that are equally loaded: one from the left, level by level as all in it got one more, one
 * from the right, level by level as all in it gave one up.
 */
export class MemberBalancer {
  #sorted: number[] = []
  #leastEnd = 0
  #leastLevel = 0
  #nextLeast = 0
  #mostStart = 0
  /** What stands right of it has nothing to give up. */
  #mostEnd = 0
  #mostLevel = 0
  #nextMost = 0

  /** @param sizes how many partitions each member has, by its index */
  constructor(private readonly sizes: Int32Array) {}

  /**
   * Starts over, with other members.
   *
   * @param members indices, at least one
   * @returns how many partitions the most loaded has more than the least loaded
   */
  begin(members: readonly number[]): number {
    const { sizes } = this
    this.#sorted = [...members].sort((a, b) => sizes[a]! - sizes[b]! || a - b)
    const count = this.#sorted.length
    const least = this.#sizeAt(0)
    const most = this.#sizeAt(count - 1)
    this.#leastEnd = 0
    this.#leastLevel = least - 1
    this.#nextLeast = 0
    this.#mostStart = count
    this.#mostEnd = count
    this.#mostLevel = most + 1
    this.#nextMost = count - 1
    return most - least
  }

  nextLeastLoaded(): number {
    if (this.#nextLeast >= this.#leastEnd) {
      this.#leastLevel++
      while (
        this.#leastEnd < this.#sorted.length &&
        this.#sizeAt(this.#leastEnd) === this.#leastLevel
      ) {
        this.#leastEnd++
      }
      this.#nextLeast = 0
    }
    return this.#sorted[this.#nextLeast++]!
  }

  /** -1 if nobody has anything to give up. */
  nextMostLoaded(): number {
    if (this.#nextMost < this.#mostStart) {
      // All of the range may have been excluded: then the level is that of the next to the left.
      if (this.#mostEnd <= this.#mostStart && this.#mostStart > 0) {
        this.#mostLevel = this.#sizeAt(this.#mostStart - 1)
      } else {
        this.#mostLevel--
      }
      while (this.#mostStart > 0 && this.#sizeAt(this.#mostStart - 1) === this.#mostLevel) {
        this.#mostStart--
      }
      this.#nextMost = this.#mostEnd - 1
    }
    return this.#nextMost < 0 ? -1 : this.#sorted[this.#nextMost--]!
  }

  /** The member that `nextMostLoaded` handed out last has nothing to give up. */
  excludeMostLoaded(): void {
    const at = this.#nextMost + 1
    const excluded = this.#sorted[at]!
    this.#mostEnd--
    this.#sorted[at] = this.#sorted[this.#mostEnd]!
    this.#sorted[this.#mostEnd] = excluded
  }

  get isBalanced(): boolean {
    return this.#mostLevel - this.#leastLevel <= 1
  }

  #sizeAt(index: number): number {
    return this.sizes[this.#sorted[index]!]!
  }
}

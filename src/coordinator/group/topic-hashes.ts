import { groupHash, topicHash } from './consumer/topic-hash.js'
import type { GroupMetadata, GroupMetadataChange } from './group-metadata.js'

/**
 * The hashes of topics that groups subscribe to (KIP-1101). Each is kept until the topic changes, so
 * that there are never more than there are topics.
 */
export class TopicHashes {
  readonly #hashes = new Map<string, bigint>()

  constructor(private readonly metadata: GroupMetadata) {}

  /** The hash of all of a group's topics; those that don't exist count for nothing. */
  ofGroup(topicNames: Iterable<string>): bigint {
    const hashes = new Map<string, bigint>()
    for (const name of topicNames) {
      const hash = this.#hashes.get(name) ?? this.#compute(name)
      if (hash !== undefined) hashes.set(name, hash)
    }
    return groupHash(hashes)
  }

  onMetadataUpdate({ changedTopics }: GroupMetadataChange): void {
    for (const name of changedTopics) this.#hashes.delete(name)
  }

  #compute(name: string): bigint | undefined {
    const topic = this.metadata.topic(name)
    if (topic === undefined) return undefined
    const hash = topicHash(topic)
    this.#hashes.set(name, hash)
    return hash
  }
}

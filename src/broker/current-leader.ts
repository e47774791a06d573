import type { MetadataImage } from '../metadata/image.js'
import { NO_LEADER } from '../metadata/topic.js'
import { type Node, nodeOf } from './metadata-view.js'

/** Who leads a partition, as an answer that refuses a request tells it (KIP-951). */
export interface CurrentLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export const UNKNOWN_LEADER: CurrentLeader = { leaderId: NO_LEADER, leaderEpoch: -1 }

/** The leaders that one answer names, and where they are. */
export class CurrentLeaders {
  readonly #endpoints = new Map<number, Node>()

  constructor(
    private readonly metadata: MetadataImage,
    private readonly listener: string,
  ) {}

  get nodeEndpoints(): Node[] {
    return [...this.#endpoints.values()]
  }

  of(topic: string, partition: number): CurrentLeader {
    const image = this.metadata.topicsByName.get(topic)?.partitions.get(partition)
    if (image === undefined) return UNKNOWN_LEADER
    const node = nodeOf(this.metadata, image.leader, this.listener)
    if (node !== undefined) this.#endpoints.set(node.nodeId, node)
    return { leaderId: image.leader, leaderEpoch: image.leaderEpoch }
  }
}

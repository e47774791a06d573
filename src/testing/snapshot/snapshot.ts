import type { ConfigResourceType } from '../../metadata/config/resource.js'
import type { GroupOffsetView } from '../views.js'

/** A partition's records as they lie in its log. */
export interface PartitionSnapshot {
  readonly partition: number
  readonly logStartOffset: number
  readonly endOffset: number
  /** Whole batches with their offsets, in slices. */
  readonly slices: readonly Buffer[]
}

export interface TopicSnapshot {
  readonly name: string
  readonly partitionCount: number
  readonly configs: ReadonlyMap<string, string>
  /** Those that have, or had, records. */
  readonly partitions: readonly PartitionSnapshot[]
}

export interface GroupSnapshot {
  readonly groupId: string
  readonly offsets: readonly GroupOffsetView[]
}

/** What is set on a resource that isn't a topic. */
export interface ResourceConfigs {
  readonly type: ConfigResourceType
  readonly name: string
  readonly configs: ReadonlyMap<string, string>
}

/**
 * What a broker had at one moment, to go back to: topics with their records and configurations, what
 * groups have committed, dynamic configurations. It doesn't have what belongs to clients: members of
 * groups, producers, transactions that weren't over, and what those held back.
 */
export class BrokerSnapshot {
  constructor(
    readonly topics: readonly TopicSnapshot[],
    readonly groups: readonly GroupSnapshot[],
    readonly configs: readonly ResourceConfigs[],
  ) {}

  /** Of all records. */
  get bytes(): number {
    let bytes = 0
    for (const { partitions } of this.topics) {
      for (const { slices } of partitions) {
        for (const { length } of slices) bytes += length
      }
    }
    return bytes
  }
}

/**
 * Sees to it that it is one before anything is changed: also one that came from another copy of this
 * package, or through a structured clone (`v8.serialize`, a worker). JSON keeps too little of it.
 *
 * @throws TypeError
 */
export function requireSnapshot(value: BrokerSnapshot): void {
  const { topics, groups, configs } = Object(value) as Partial<BrokerSnapshot>
  const isOne =
    Array.isArray(groups) &&
    all(configs, (resource) => isMap(resource.configs)) &&
    all(topics, (topic) => {
      const hasRecords = all(topic.partitions, ({ slices }) => all(slices, ArrayBuffer.isView))
      return isMap(topic.configs) && hasRecords
    })
  if (!isOne) throw new TypeError('what is to be restored is no snapshot of a broker')
}

function all<T>(list: readonly T[] | undefined, is: (element: T) => boolean): boolean {
  return Array.isArray(list) && list.every(is)
}

/** Not instanceof: test runners that isolate modules have maps of several realms. */
const isMap = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Map]'

import type { Fields, WireType } from '../../protocol/codec/field.js'
import { includes } from '../../protocol/codec/index.js'

/** What an entry of a request or response is about. */
export type EntityKind = 'topic' | 'partition' | 'group' | 'transactionalId'

/** What a field says of its entry: a name or number, a topic's id, or a name whose kind another field has. */
type IdentityKind = EntityKind | 'topicId' | 'resource' | 'coordinatorKey'

const ALWAYS: Readonly<Record<string, IdentityKind>> = {
  topic: 'topic',
  topicName: 'topic',
  topicId: 'topicId',
  partition: 'partition',
  partitionIndex: 'partition',
  partitionId: 'partition',
  index: 'partition',
  groupId: 'group',
  transactionalId: 'transactionalId',
  v3AndBelowTransactionalId: 'transactionalId',
  resourceName: 'resource',
  key: 'coordinatorKey',
}

/** Arrays whose `name` is a topic's. */
const TOPIC_ARRAYS = new Set([
  'topics',
  'topicData',
  'topicResults',
  'responses',
  'results',
  'v3AndBelowTopics',
  'resultsByTopicV3AndBelow',
])

/** Arrays of mere values, and what those are. */
const VALUE_ARRAYS: Readonly<Record<string, IdentityKind>> = {
  topicNames: 'topic',
  partitions: 'partition',
  partitionIndexes: 'partition',
  groups: 'group',
  groupsNames: 'group',
  groupIds: 'group',
  transactionalIds: 'transactionalId',
  coordinatorKeys: 'coordinatorKey',
}

/**
 * Arrays that say what a member has, wants no more of, or where replicas are to be: nothing in an
 * answer stands for their entries.
 */
const UNANSWERED_ARRAYS = new Set([
  'assignments',
  'forgottenTopicsData',
  'topicPartitions of ConsumerGroupHeartbeatRequest',
  'topicPartitions of ShareGroupHeartbeatRequest',
])

/** `ResourceType` of a config's owner. */
const RESOURCE_KINDS: Readonly<Record<number, EntityKind>> = { 2: 'topic', 32: 'group' }
/** `keyType` of FindCoordinator. */
const COORDINATOR_KINDS: Readonly<Record<number, EntityKind>> = { 0: 'group', 1: 'transactionalId' }

export type Struct = Readonly<Record<string, unknown>>

/** What an entry is about, as it says itself. */
export interface Entity {
  readonly kind: EntityKind
  readonly name: string | number
}

/** Tells topics' names from their ids; undefined for one that isn't known. */
export type TopicNames = (topicId: string) => string | undefined

/** Reads what entries of messages are about. */
export class EntityReader {
  /**
   * @param version of the messages: what it lacks says nothing
   * @param coordinatorKeyType FindCoordinator's `keyType`, which stands outside of the entries
   */
  constructor(
    private readonly topicNames: TopicNames,
    private readonly version: number,
    private readonly coordinatorKeyType = 0,
  ) {}

  /** What a struct in `arrayName` says of itself; a topic that only has an id says its name. */
  entities(arrayName: string, fields: Fields, value: Struct): Entity[] {
    const found: Entity[] = []
    for (const [name, { type, modifiers }] of Object.entries(fields)) {
      if (type.kind === 'array' || type.kind === 'struct') continue
      if (!includes(modifiers.versions, this.version)) continue
      const kind = identityOf(arrayName, name)
      if (kind === undefined) continue
      const entity = this.#entity(kind, value[name], value)
      if (entity !== undefined && !found.some((each) => each.kind === entity.kind)) {
        found.push(entity)
      }
    }
    return found
  }

  /** What a value of an array of mere values is. */
  valueEntity(arrayName: string, value: unknown): Entity | undefined {
    const kind = VALUE_ARRAYS[arrayName]
    return kind && this.#entity(kind, value, {})
  }

  #entity(kind: IdentityKind, value: unknown, owner: Struct): Entity | undefined {
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    switch (kind) {
      case 'topicId': {
        const name = this.topicNames(value as string)
        return name === undefined ? undefined : { kind: 'topic', name }
      }
      case 'resource':
        return named(RESOURCE_KINDS[owner.resourceType as number], value)
      case 'coordinatorKey':
        return named(COORDINATOR_KINDS[this.coordinatorKeyType], value)
      default:
        return { kind, name: value }
    }
  }
}

function named(kind: EntityKind | undefined, name: string | number): Entity | undefined {
  return kind && { kind, name }
}

/** What a field of a struct says of it, if anything. */
export function identityOf(arrayName: string, field: string): IdentityKind | undefined {
  if (field === 'name') return TOPIC_ARRAYS.has(arrayName) ? 'topic' : undefined
  // `key` is many things elsewhere.
  if (field === 'key' && arrayName !== '' && arrayName !== 'coordinators') return undefined
  return Object.hasOwn(ALWAYS, field) ? ALWAYS[field] : undefined
}

/** Whether an array's entries are asked for, or answered, one by one. */
export function isEntryArray(message: string, name: string, type: WireType): boolean {
  if (type.kind !== 'array') return false
  if (UNANSWERED_ARRAYS.has(name) || UNANSWERED_ARRAYS.has(`${name} of ${message}`)) return false
  return type.element.kind === 'struct' || Object.hasOwn(VALUE_ARRAYS, name)
}

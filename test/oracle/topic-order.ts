import { uuidHashCode } from '../../src/coordinator/group/consumer/java-uuid.js'
import { ApiKey } from '../../src/protocol/api-keys.js'
import { heartbeatBody, LEAVE } from './consumer-requests.js'
import type { Conversation } from './conversation.js'
import { awaitTopic, createTopic } from './fixtures.js'

const MAX_TRIES = 5_000
/** Of the tables that hold the topics of a script, or more; smaller ones are a power of two, too. */
const TABLE_SIZE = 16

/**
 * Creates topics whose ids, which the controller draws, are in the order given, both as numbers and in
 * Java's hash tables: what assignors hand out first depends on that. Each id gets its placeholder.
 */
export async function createTopicsInOrder(
  t: Conversation,
  sizes: Readonly<Record<string, number>>,
): Promise<void> {
  const names = Object.keys(sizes)
  for (const [at, name] of names.entries()) {
    const fits = (id: string) => bucketOf(id) === at && bandOf(id, names.length) === at
    t.introduce(await createFitting(t, name, fits))
    await grow(t, name, sizes[name]!)
  }
  await knownToGroups(t, names.at(-1)!, sizes[names.at(-1)!]!)
}

/** Creates a topic that consumer groups subscribe to. @returns its id, which has its placeholder */
export async function createConsumed(
  t: Conversation,
  name: string,
  numPartitions: number,
): Promise<string> {
  const topicId = await createTopic(t, name, numPartitions)
  t.introduce(topicId)
  await knownToGroups(t, name, numPartitions)
  return topicId
}

/** Groups on every partition of their topic; their names differ in two digits. */
const PROBES = Array.from({ length: 100 }, (_, index) => `probe-${index + 100}`)

/** Waits until groups have heard of a topic and all before it: each partition of theirs hears by itself. */
async function knownToGroups(t: Conversation, name: string, size: number): Promise<void> {
  for (const groupId of PROBES) {
    const body = heartbeatBody(groupId, 'probe', { subscribedTopicNames: [name] })
    await t.quietly(ApiKey.ConsumerGroupHeartbeat, 0, body, {
      until: ({ assignment }) => assignment?.topicPartitions[0]?.partitions.length === size,
    })
    const left = heartbeatBody(groupId, 'probe', { memberEpoch: LEAVE })
    await t.quietly(ApiKey.ConsumerGroupHeartbeat, 0, left)
  }
  await t.quietly(ApiKey.DeleteGroups, 2, { groupsNames: PROBES })
}

/** @returns the id */
async function createFitting(
  t: Conversation,
  name: string,
  fits: (id: string) => boolean,
): Promise<string> {
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const body = { topics: [topic], timeoutMs: 10_000, validateOnly: false }
    const { topics } = await t.quietly(ApiKey.CreateTopics, 7, body)
    const { topicId } = topics[0]
    if (fits(topicId)) return topicId
    const deleted = { topics: [{ name: null, topicId }], timeoutMs: 10_000 }
    await t.quietly(ApiKey.DeleteTopics, 6, deleted)
  }
  throw new Error(`${name}: no id that fits in ${MAX_TRIES} tries`)
}

async function grow(t: Conversation, name: string, count: number): Promise<void> {
  await t.quietly(ApiKey.CreatePartitions, 3, {
    topics: [{ name, count, assignments: null }],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  await awaitTopic(t, name, count)
}

/** Where it is in a hash table. */
function bucketOf(id: string): number {
  const hash = uuidHashCode(id)
  return (hash ^ (hash >>> 16)) & (TABLE_SIZE - 1)
}

/** In which of so many equal parts of all numbers it is. */
function bandOf(id: string, bands: number): number {
  const high = Buffer.from(id, 'base64url').readInt32BE(0)
  return Math.floor(((high + 2 ** 31) * bands) / 2 ** 32)
}

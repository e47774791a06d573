import { ApiKey } from '../../../src/protocol/api-keys.js'
import { baseTimestamp } from '../../../src/protocol/records/index.js'
import type { Body, Conversation } from '../conversation.js'
import {
  COMPACTED,
  CONFIGURED_GROUP,
  CONSUMERS,
  GROUPS,
  MEMBERS,
  TOPICS,
  TRANSACTIONS,
} from './names.js'
import { contentOfLog, lookUp, readPartition } from './partition-log.js'

const LATEST_TIMESTAMP = -3n
const RESOURCES = [
  ...Object.keys(TOPICS).map((resourceName) => ({ resourceType: 2, resourceName })),
  { resourceType: 4, resourceName: '1' },
  { resourceType: 4, resourceName: '' },
  { resourceType: 32, resourceName: CONFIGURED_GROUP },
]
/** DYNAMIC_TOPIC_CONFIG, DYNAMIC_BROKER_CONFIG, DYNAMIC_DEFAULT_BROKER_CONFIG, GROUP_CONFIG. */
const DYNAMIC_SOURCES = new Set([1, 2, 3, 8])

/** All that a broker tells of its directory that must be the same whichever broker runs on it. */
export interface Content {
  readonly cluster: object
  readonly logs: Readonly<Record<string, object>>
  readonly groups: object
  readonly configs: object
}

export async function contentOf(c: Conversation): Promise<Content> {
  return {
    cluster: await cluster(c),
    logs: await logs(c),
    groups: await groups(c),
    configs: await configs(c),
  }
}

async function cluster(c: Conversation): Promise<object> {
  const { clusterId, topics } = await c.quietly(
    ApiKey.Metadata,
    12,
    { topics: null, allowAutoTopicCreation: false },
    { until: (body) => body.topics.length > 0 && body.topics.every(isWhole) },
  )
  const versions = await c.quietly(ApiKey.ApiVersions, 3, {
    clientSoftwareName: 'samsa',
    clientSoftwareVersion: '1',
  })
  return {
    clusterId,
    topics: sorted(
      topics.map(
        (topic: Body) =>
          `${topic.name} ${topic.topicId} ${topic.partitions.length} ${topic.isInternal}`,
      ),
    ),
    features: sorted(
      versions.finalizedFeatures.map((each: Body) => `${each.name} ${each.maxVersionLevel}`),
    ),
  }
}

const isWhole = ({ errorCode, partitions }: Body): boolean =>
  errorCode === 0 && partitions.every((each: Body) => each.errorCode === 0)

async function logs(c: Conversation): Promise<Record<string, object>> {
  const found: Record<string, object> = {}
  for (const [topic, { partitions }] of Object.entries(TOPICS)) {
    // What is left of a compacted log, and when, is its broker's affair.
    if (topic === COMPACTED) continue
    for (let partition = 0; partition < partitions; partition++) {
      const log = await readPartition(c, topic, partition)
      const middle = log.batches[log.batches.length >> 1]
      found[`${topic}-${partition}`] = {
        ...contentOfLog(log),
        atTime: middle && (await lookUp(c, topic, partition, BigInt(baseTimestamp(middle, 0)))),
        latest: await lookUp(c, topic, partition, LATEST_TIMESTAMP),
      }
      if (topic !== TRANSACTIONS) continue
      const committed = await readPartition(c, topic, partition, 'read_committed')
      found[`${topic}-${partition} committed`] = contentOfLog(committed)
    }
  }
  return found
}

async function groups(c: Conversation): Promise<object> {
  const offsets: Record<string, unknown> = {}
  for (const requireStable of [false, true]) {
    for (const groupId of GROUPS) {
      offsets[`${groupId}${requireStable ? ' stable' : ''}`] = await committedOffsets(
        c,
        groupId,
        requireStable,
      )
    }
  }
  const listed = await c.quietly(
    ApiKey.ListGroups,
    5,
    { statesFilter: [], typesFilter: [] },
    { until: (body) => body.errorCode === 0 },
  )
  const described = await c.quietly(ApiKey.DescribeGroups, 5, { groups: [MEMBERS] })
  const consumers = await c.quietly(ApiKey.ConsumerGroupDescribe, 1, { groupIds: [CONSUMERS] })
  return {
    offsets,
    listed: sorted(
      listed.groups.map((each: Body) => `${each.groupId} ${each.groupType} ${each.groupState}`),
    ),
    members: described.groups,
    consumers: consumers.groups,
  }
}

/** What a group has committed, as `TOPIC-PARTITION` to its offset, leader epoch, metadata, error. */
export async function committedOffsets(
  c: Conversation,
  groupId: string,
  requireStable: boolean,
): Promise<Record<string, string>> {
  const { groups } = await c.quietly(
    ApiKey.OffsetFetch,
    8,
    { groups: [{ groupId, topics: null }], requireStable },
    { until: (body) => body.groups[0].errorCode === 0 },
  )
  if (groups[0].errorCode !== 0) throw new Error(`offsets of ${groupId}: ${groups[0].errorCode}`)
  const lines = groups[0].topics.flatMap(({ name, partitions }: Body) =>
    partitions.map((each: Body) => [
      `${name}-${each.partitionIndex}`,
      `${each.committedOffset} ${each.committedLeaderEpoch} '${each.metadata}' ${each.errorCode}`,
    ]),
  )
  return Object.fromEntries(lines.sort())
}

async function configs(c: Conversation): Promise<object> {
  const { results } = await c.quietly(ApiKey.DescribeConfigs, 4, {
    resources: RESOURCES.map((resource) => ({ ...resource, configurationKeys: null })),
  })
  return results.map(({ errorCode, resourceName, configs }: Body) => ({
    errorCode,
    resourceName,
    configs: sorted(
      configs
        .filter((each: Body) => DYNAMIC_SOURCES.has(each.configSource))
        .map((each: Body) => `${each.name}=${each.value} ${each.configSource}`),
    ),
  }))
}

const sorted = (lines: string[]): string[] => [...lines].sort()

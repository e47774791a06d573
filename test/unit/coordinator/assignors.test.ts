import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type {
  GroupSpec,
  MemberAssignment,
  PartitionAssignor,
} from '../../../src/coordinator/group/consumer/assignor.js'
import { PartitionAssignorError } from '../../../src/coordinator/group/consumer/assignor.js'
import { rangeAssignor } from '../../../src/coordinator/group/consumer/range-assignor.js'
import { groupHash, topicHash } from '../../../src/coordinator/group/consumer/topic-hash.js'
import { uniformAssignor } from '../../../src/coordinator/group/consumer/uniform-assignor.js'
import {
  bucketsOfGrownMap,
  inHashOrder,
  javaHashCode,
} from '../../../src/coordinator/group/java-hash.js'

type Plain = Record<string, number[]>

/** A group and what Apache Kafka assigned; test/golden/GoldenGroups.java wrote it. */
interface GoldenAssignment {
  readonly assignor: 'uniform' | 'range'
  readonly type: 'Homogeneous' | 'Heterogeneous'
  /** How many, by topic id. */
  readonly partitions: Record<string, number>
  /** Member id, instance id, topic ids, what it had. */
  readonly members: [string, string | null, string[], Plain][]
  readonly assigned: Record<string, Plain>
}

interface GoldenTopicHash {
  readonly name: string
  readonly id: string
  readonly partitions: number
  readonly racks?: string[][]
  readonly hash: string
}

interface GoldenGroupHash {
  readonly group: Record<string, string>
  readonly hash: string
}

const assignors = { uniform: uniformAssignor, range: rangeAssignor }

function golden<Line>(file: string): Line[] {
  const path = join(process.cwd(), 'test/golden', file)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Line)
}

function specOf({ type, members }: Pick<GoldenAssignment, 'type' | 'members'>): GroupSpec {
  const ids = members.map(([id]) => id)
  const byId = new Map(
    members.map(([id, instanceId, topicIds, had]) => {
      const partitions = Object.entries(had).map(([topic, list]) => [topic, new Set(list)] as const)
      const subscribedTopicIds = new Set(topicIds)
      return [
        id,
        { rackId: null, instanceId, subscribedTopicIds, assignment: new Map(partitions) },
      ] as const
    }),
  )
  const assigned = new Set(
    members.flatMap(([, , , had]) =>
      Object.entries(had).flatMap(([topic, list]) => list.map((p) => `${topic}-${p}`)),
    ),
  )
  return {
    memberIds: inHashOrder(ids, javaHashCode, bucketsOfGrownMap(ids.length)),
    subscriptionType: type === 'Homogeneous' ? 'homogeneous' : 'heterogeneous',
    isPartitionAssigned: (topicId, partition) => assigned.has(`${topicId}-${partition}`),
    memberSubscription: (id) => byId.get(id)!,
    memberAssignment: (id) => byId.get(id)!.assignment,
  }
}

function describerOf(partitions: Record<string, number>) {
  return {
    numPartitions: (topicId: string) => partitions[topicId] ?? -1,
    racksForPartition: () => new Set<string>(),
  }
}

function plain(assignment: ReadonlyMap<string, MemberAssignment>): Record<string, Plain> {
  const lists = [...assignment].map(([id, topics]) => [
    id,
    Object.fromEntries([...topics].map(([topic, set]) => [topic, [...set].sort((a, b) => a - b)])),
  ])
  return Object.fromEntries(lists)
}

t.test('assigns as Apache Kafka does, step by step', (t) => {
  for (const [index, line] of golden<GoldenAssignment>('assignments.jsonl').entries()) {
    const assigned = assignors[line.assignor].assign(specOf(line), describerOf(line.partitions))
    t.strictSame(plain(assigned), line.assigned, `line ${index + 1}: ${line.assignor} ${line.type}`)
  }
  t.end()
})

t.test('hashes topics and groups as Apache Kafka does', (t) => {
  for (const line of golden<GoldenTopicHash | GoldenGroupHash>('topic-hashes.jsonl')) {
    if ('group' in line) {
      const hashes = Object.entries(line.group).map(([name, hash]) => [name, BigInt(hash)] as const)
      t.equal(groupHash(new Map(hashes)), BigInt(line.hash), `group of ${hashes.length}`)
    } else {
      const { name, id, partitions, racks, hash } = line
      const racksOf = (partition: number) => racks?.[partition] ?? []
      const topic = { name, id, partitionCount: partitions, racksOf }
      t.equal(topicHash(topic), BigInt(hash), `${name} with ${partitions} partitions`)
    }
  }
  t.end()
})

const MISSING_TOPIC = 'IA1gCe3gQmW9ZkPvX1jKgA'

for (const assignor of Object.values(assignors) as PartitionAssignor[]) {
  t.test(`${assignor.name}: a group without members gets nothing`, async (t) => {
    const spec = specOf({ type: 'Homogeneous', members: [] })
    t.equal(assignor.assign(spec, describerOf({})).size, 0)
  })

  for (const type of ['Homogeneous', 'Heterogeneous'] as const) {
    t.test(`${assignor.name}: a topic that doesn't exist, ${type}`, async (t) => {
      const spec = specOf({ type, members: [['m', null, [MISSING_TOPIC], {}]] })
      t.throws(() => assignor.assign(spec, describerOf({})), PartitionAssignorError)
    })
  }

  t.test(`${assignor.name}: members without a subscription get nothing`, async (t) => {
    const spec = specOf({
      type: 'Homogeneous',
      members: [['m', null, [], { [MISSING_TOPIC]: [0] }]],
    })
    const partitions = assignor.assign(spec, describerOf({})).get('m')
    t.equal(partitions?.size ?? 0, 0)
  })
}

import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Conversation } from '../conversation.js'
import { type Script, topicName, versionsOf } from '../script.js'

const NO_ASSIGNMENTS = { assignments: [], configs: [] }

/** CreateTopics, DeleteTopics and CreatePartitions, every version, with their refusals. */
export const topics: Script = {
  name: 'topics',
  async run(t) {
    for (const version of versionsOf(ApiKey.CreateTopics)) await createTopics(t, version)
    for (const version of versionsOf(ApiKey.CreatePartitions)) await createPartitions(t, version)
    for (const version of versionsOf(ApiKey.DeleteTopics)) await deleteTopics(t, version)
  },
}

function topic(name: string, numPartitions = 1, replicationFactor = 1, more: object = {}): object {
  return { name, numPartitions, replicationFactor, ...NO_ASSIGNMENTS, ...more }
}

async function createTopics(t: Conversation, version: number): Promise<void> {
  const name = topicName('create', version)
  const create = (label: string, topics: object[], validateOnly = false) =>
    t.ask(
      label,
      ApiKey.CreateTopics,
      version,
      { topics, timeoutMs: 10_000, validateOnly },
      { unordered: true },
    )
  await create('validate only', [topic(name, 2)], true)
  await create('create', [topic(name, 2)])
  await create('again', [topic(name, 2)])
  await create('the same twice in one request', [topic(`${name}-twice`), topic(`${name}-twice`)])
  await create('no partitions', [topic(`${name}-none`, 0)])
  await create('negative partitions', [topic(`${name}-negative`, -2)])
  await create('replication factor 0', [topic(`${name}-rf`, 1, 0)])
  await create('replication factor 3', [topic(`${name}-rf`, 1, 3)])
  if (version >= 4) await create('broker defaults', [topic(`${name}-defaults`, -1, -1)])
  for (const bad of ['', '.', '..', 'a b', 'ü', 'x'.repeat(250)]) {
    await create(`name ${bad.slice(0, 9)}`, [topic(bad)])
  }
  await create('a name that collides', [topic(`${name}.a_b`), topic(`${name}.c`)])
  await create('a name that collides with an existing one', [topic(`${name}_a.b`)])
  await create('with assignments', [
    topic(`${name}-assigned`, -1, -1, {
      assignments: [
        { partitionIndex: 0, brokerIds: [1] },
        { partitionIndex: 1, brokerIds: [1] },
      ],
    }),
  ])
  for (const [label, assignments] of Object.entries(BAD_ASSIGNMENTS)) {
    await create(label, [topic(`${name}-bad`, -1, -1, { assignments })])
  }
  await create('assignments and a partition count', [
    topic(`${name}-bad`, 2, -1, { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }),
  ])
  await create('with configs', [
    topic(`${name}-configs`, 1, 1, {
      configs: [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'retention.ms', value: '1000' },
      ],
    }),
  ])
  for (const [key, value] of BAD_CONFIGS) {
    await create(`config ${key}=${value}`, [
      topic(`${name}-bad`, 1, 1, { configs: [{ name: key, value }] }),
    ])
  }
  for (const [key, value] of ODD_CONFIGS) {
    const configs = [{ name: key, value }]
    await create(`odd config ${key}=${value}`, [topic(`${name}-odd`, 1, 1, { configs })], true)
  }
  await create('one good, one bad', [topic(`${name}-good`), topic('bad name')])
  await create('nothing', [])
  await create('the metadata log', [topic('__cluster_metadata')])
  await create("a topic of the brokers' own", [topic('__share_group_state')], true)
  for (const timeoutMs of [0, -1]) {
    await t.ask(`within ${timeoutMs} ms`, ApiKey.CreateTopics, version, {
      topics: [topic(`${name}-late`)],
      timeoutMs,
      validateOnly: false,
    })
  }
}

const BAD_ASSIGNMENTS: Record<string, object[]> = {
  'an unknown broker': [{ partitionIndex: 0, brokerIds: [7] }],
  'a broker twice': [{ partitionIndex: 0, brokerIds: [1, 1] }],
  'a partition left out': [{ partitionIndex: 1, brokerIds: [1] }],
  'a partition twice': [
    { partitionIndex: 0, brokerIds: [1] },
    { partitionIndex: 0, brokerIds: [1] },
  ],
  'no brokers': [{ partitionIndex: 0, brokerIds: [] }],
}

const BAD_CONFIGS: readonly (readonly [string, string | null])[] = [
  ['no.such.config', '1'],
  ['retention.ms', 'soon'],
  ['retention.ms', '-2'],
  ['cleanup.policy', 'forget'],
  ['segment.bytes', '1'],
  ['min.insync.replicas', '0'],
  ['compression.type', 'brotli'],
  ['retention.ms', null],
  ['retention.ms', '1\u00a0'],
  ['cleanup.policy', 'compact,\u00a0delete'],
  ['leader.replication.throttled.replicas', '0'],
  ['min.cleanable.dirty.ratio', '2'],
]

/** Blanks, as Java knows them, and entries that are left out. */
const ODD_CONFIGS: readonly (readonly [string, string])[] = [
  ['retention.ms', '\u0000+1\u001f'],
  ['cleanup.policy', 'compact\u000b,\u000cdelete'],
  ['leader.replication.throttled.replicas', '0:1,,1:1,'],
]

async function createPartitions(t: Conversation, version: number): Promise<void> {
  const name = topicName('grow', version)
  await t.quietly(ApiKey.CreateTopics, 7, {
    topics: [topic(name, 2)],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  const grow = (label: string, topics: object[], validateOnly = false) =>
    t.ask(
      label,
      ApiKey.CreatePartitions,
      version,
      { topics, timeoutMs: 10_000, validateOnly },
      { unordered: true },
    )
  await grow('validate only', [{ name, count: 3, assignments: null }], true)
  await grow('to 3', [{ name, count: 3, assignments: null }])
  await grow('to as many', [{ name, count: 3, assignments: null }])
  await grow('to fewer', [{ name, count: 2, assignments: null }])
  await grow('to none', [{ name, count: 0, assignments: null }])
  await grow('an unknown topic', [{ name: `${name}-no`, count: 3, assignments: null }])
  await grow('twice in a request', [
    { name, count: 5, assignments: null },
    { name, count: 6, assignments: null },
  ])
  await grow('assigned', [{ name, count: 4, assignments: [{ brokerIds: [1] }] }])
  await grow('too few assignments', [{ name, count: 6, assignments: [{ brokerIds: [1] }] }])
  await grow('an unknown broker', [{ name, count: 5, assignments: [{ brokerIds: [9] }] }])
  await grow('nothing', [])
  await t.ask('within 0 ms', ApiKey.CreatePartitions, version, {
    topics: [{ name, count: 9, assignments: null }],
    timeoutMs: 0,
    validateOnly: false,
  })
}

async function deleteTopics(t: Conversation, version: number): Promise<void> {
  const name = topicName('delete', version)
  const created = await t.quietly(ApiKey.CreateTopics, 7, {
    topics: [topic(name), topic(`${name}-by-id`)],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  const remove = (label: string, names: string[]) =>
    t.ask(
      label,
      ApiKey.DeleteTopics,
      version,
      version >= 6
        ? { topics: names.map((each) => ({ name: each })), timeoutMs: 10_000 }
        : { topicNames: names, timeoutMs: 10_000 },
      { unordered: true },
    )
  await remove('an existing and an unknown one', [name, `${name}-no`])
  await remove('it again', [name])
  await remove('one twice', [`${name}-no`, `${name}-no`])
  await remove('nothing', [])
  await remove('names that no topic has', ['a b', '', '__cluster_metadata'])
  await t.ask(
    'within 0 ms',
    ApiKey.DeleteTopics,
    version,
    version >= 6
      ? { topics: [{ name: `${name}-by-id` }], timeoutMs: 0 }
      : { topicNames: [`${name}-by-id`], timeoutMs: 0 },
  )
  if (version < 6) return
  const topicId = created.topics.find(
    (each: { name: string }) => each.name === `${name}-by-id`,
  ).topicId
  const byId = (label: string, topics: object[]) =>
    t.ask(label, ApiKey.DeleteTopics, version, { topics, timeoutMs: 10_000 }, { unordered: true })
  await byId('by id and by name', [{ name: null, topicId }, { name: `${name}-by-id` }])
  await byId('an id twice', [
    { name: null, topicId },
    { name: null, topicId },
  ])
  await byId('by id', [{ name: null, topicId }])
  await byId('by id again', [{ name: null, topicId }])
  await byId('neither name nor id', [{ name: null }])
  await byId('both name and id', [{ name, topicId }])
}

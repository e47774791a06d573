import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Body, Conversation } from '../conversation.js'
import { type Script, topicName, versionsOf } from '../script.js'

/** Topics that are asked for before anybody created them, brokers' own among them. */
export const autoCreation: Script = {
  name: 'auto-creation',
  config: { 'num.partitions': '2' },
  async run(t) {
    for (const version of versionsOf(ApiKey.Metadata)) await create(t, version)
    await refuse(t)
    for (const name of ['__consumer_offsets', '__transaction_state', '__share_group_state']) {
      await createInternal(t, name)
    }
  },
}

const isThere = (body: Body): boolean => body.topics[0].errorCode === 0

async function create(t: Conversation, version: number): Promise<void> {
  const name = topicName('auto', version)
  const allow = version >= 4 && { allowAutoTopicCreation: true }
  const body = { topics: [{ name }], ...allow }
  await t.ask('one that nobody created', ApiKey.Metadata, version, body, {
    deviation: 'usable-at-once',
  })
  await t.ask('it a moment later', ApiKey.Metadata, version, body, {
    unordered: true,
    until: isThere,
  })
}

async function refuse(t: Conversation): Promise<void> {
  const ask = (label: string, ...names: string[]) =>
    t.ask(
      label,
      ApiKey.Metadata,
      13,
      { topics: names.map((name) => ({ name })), allowAutoTopicCreation: true },
      { unordered: true },
    )
  await t.quietly(
    ApiKey.Metadata,
    13,
    { topics: [{ name: 'auto.a_b' }], allowAutoTopicCreation: true },
    { until: isThere },
  )
  await ask('one that collides with another', 'auto_a.b')
  await ask('it again', 'auto_a.b')
  await ask('the metadata log', '__cluster_metadata')
  await ask('a bad name and an unknown one, not to be created', 'a b')
}

async function createInternal(t: Conversation, name: string): Promise<void> {
  const { topics } = await t.quietly(
    ApiKey.Metadata,
    13,
    { topics: [{ name }], allowAutoTopicCreation: true },
    { until: isThere },
  )
  const { isInternal, partitions } = topics[0]
  t.record(`${name}: Metadata v13`, {
    kind: 'response',
    body: { isInternal, partitions: partitions.length, replicas: partitions[0].replicaNodes },
    bytes: Buffer.alloc(0),
  })
  const resource = { resourceType: 2, resourceName: name, configurationKeys: null }
  const { results } = await t.quietly(ApiKey.DescribeConfigs, 4, { resources: [resource] })
  const own = results[0].configs.filter((it: Body) => it.configSource === 1)
  t.record(
    `settings of ${name}: DescribeConfigs v4`,
    { kind: 'response', body: { own }, bytes: Buffer.alloc(0) },
    { unordered: true },
  )
}

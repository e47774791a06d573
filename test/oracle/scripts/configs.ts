import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Body, Conversation } from '../conversation.js'
import { createTopic } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'

const TOPIC = 2
const BROKER = 4
const BROKER_LOGGER = 8
const CLIENT_METRICS = 16
const GROUP = 32
const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3
/** ConfigSource of a value that the topic itself has. */
const TOPIC_CONFIG = 1

/** Configurations of topics, brokers and groups: described, set, altered, refused. */
export const configs: Script = {
  name: 'configs',
  async run(t) {
    for (const version of versionsOf(ApiKey.DescribeConfigs)) await describe(t, version)
    for (const version of versionsOf(ApiKey.AlterConfigs)) await alter(t, version)
    for (const version of versionsOf(ApiKey.IncrementalAlterConfigs)) {
      await incrementally(t, version)
    }
    for (const version of versionsOf(ApiKey.ListConfigResources)) await list(t, version)
  },
}

async function describe(t: Conversation, version: number): Promise<void> {
  const name = topicName('described', version)
  await createTopic(t, name, 1, { 'retention.ms': '5000' })
  const ask = (label: string, resources: object[], includeSynonyms = true, options = {}) =>
    t.ask(
      label,
      ApiKey.DescribeConfigs,
      version,
      { resources, includeSynonyms },
      { unordered: true, ...options },
    )
  const resource = (resourceType: number, resourceName: string, keys: string[] | null = null) => ({
    resourceType,
    resourceName,
    configurationKeys: keys,
  })
  await ask('a topic', [resource(TOPIC, name)])
  await ask('a topic without synonyms', [resource(TOPIC, name)], false)
  await ask('two keys of a topic', [resource(TOPIC, name, ['retention.ms', 'no.such'])])
  await ask('no keys', [resource(TOPIC, name, [])])
  await ask('an unknown topic', [resource(TOPIC, `${name}-no`)])
  await ask('a bad topic name', [resource(TOPIC, 'a b')])
  await ask('some of the broker', [
    resource(BROKER, '1', [
      'num.io.threads',
      'log.retention.ms',
      'log.retention.hours',
      'message.max.bytes',
      'node.id',
      'compression.type',
      'ssl.keystore.password',
      'group.initial.rebalance.delay.ms',
      'offsets.topic.replication.factor',
    ]),
  ])
  await ask('the default of all brokers', [resource(BROKER, '')])
  await ask('another broker', [resource(BROKER, '9')])
  await ask('a broker that is no number', [resource(BROKER, 'x')])
  await ask('loggers of another broker', [resource(BROKER_LOGGER, '9')])
  await ask('loggers of no broker', [resource(BROKER_LOGGER, '')])
  await ask('client metrics', [resource(CLIENT_METRICS, 'm')])
  await ask('a group', [resource(GROUP, 'g')])
  await ask('an unknown type', [resource(77, 'x')], true, { deviation: 'clearer-errors' })
  await ask('resources without a name', [
    resource(TOPIC, ''),
    resource(CLIENT_METRICS, ''),
    resource(GROUP, ''),
  ])
  if (version >= 3) {
    await t.ask(
      'with documentation',
      ApiKey.DescribeConfigs,
      version,
      {
        resources: [resource(TOPIC, name, ['retention.ms']), resource(CLIENT_METRICS, 'm')],
        includeDocumentation: true,
      },
      { unordered: true },
    )
  }
  await ask('the same twice', [
    resource(TOPIC, name, ['retention.ms']),
    resource(TOPIC, name, ['retention.ms']),
  ])
  await ask('nothing', [])
}

async function alter(t: Conversation, version: number): Promise<void> {
  const name = topicName('altered', version)
  await createTopic(t, name, 1, { 'retention.ms': '5000' })
  const ask = (label: string, resources: object[], validateOnly = false) =>
    t.ask(label, ApiKey.AlterConfigs, version, { resources, validateOnly }, { unordered: true })
  const topic = (configs: object[], resourceName = name) => ({
    resourceType: TOPIC,
    resourceName,
    configs,
  })
  await ask('only checked', [topic([{ name: 'retention.ms', value: '1' }])], true)
  await ask('replaces all', [topic([{ name: 'segment.bytes', value: '2000000' }])])
  await current(t, name, 'segment.bytes', '2000000')
  await ask('a bad value', [topic([{ name: 'retention.ms', value: 'soon' }])])
  await ask('an unknown key', [topic([{ name: 'no.such', value: '1' }])])
  await ask('a null value', [topic([{ name: 'retention.ms', value: null }])])
  await ask('an unknown topic', [topic([{ name: 'retention.ms', value: '1' }], `${name}-no`)])
  await ask('a bad name', [topic([], 'a b')])
  await ask('another broker', [{ resourceType: BROKER, resourceName: '9', configs: [] }])
  await ask('an unknown type', [{ resourceType: 77, resourceName: 'x', configs: [] }])
  await t.ask(
    'twice',
    ApiKey.AlterConfigs,
    version,
    { resources: [topic([]), topic([])], validateOnly: false },
    { on: 'altered twice', timeoutMs: 3_000, deviation: 'unanswered-requests' },
  )
  await ask('nothing', [])
}

/** What the topic has now, once `key` has been seen to be `value` (or not to be set, if null). */
async function current(
  t: Conversation,
  name: string,
  key: string,
  value: string | null,
): Promise<void> {
  const settled = ({ results }: Body) => {
    const config = results[0].configs.find((each: { name: string }) => each.name === key)
    return value === null ? config.configSource !== TOPIC_CONFIG : config.value === value
  }
  await t.ask(
    'now',
    ApiKey.DescribeConfigs,
    4,
    {
      resources: [
        {
          resourceType: TOPIC,
          resourceName: name,
          configurationKeys: ['retention.ms', 'segment.bytes', 'cleanup.policy'],
        },
      ],
      includeSynonyms: true,
    },
    { unordered: true, until: settled },
  )
}

async function incrementally(t: Conversation, version: number): Promise<void> {
  const name = topicName('incremental', version)
  await createTopic(t, name, 1, { 'retention.ms': '5000' })
  const ask = (label: string, resources: object[], validateOnly = false) =>
    t.ask(
      label,
      ApiKey.IncrementalAlterConfigs,
      version,
      { resources, validateOnly },
      { unordered: true },
    )
  const op = (configOperation: number, key: string, value: string | null) => ({
    name: key,
    configOperation,
    value,
  })
  const topic = (...configs: object[]) => ({ resourceType: TOPIC, resourceName: name, configs })
  await ask('only checked', [topic(op(SET, 'retention.ms', '9'))], true)
  await ask('set', [topic(op(SET, 'segment.bytes', '3000000'))])
  await ask('append', [topic(op(APPEND, 'cleanup.policy', 'compact'))])
  await current(t, name, 'cleanup.policy', 'delete,compact')
  await ask('append again', [topic(op(APPEND, 'cleanup.policy', 'compact'))])
  await ask('subtract', [topic(op(SUBTRACT, 'cleanup.policy', 'delete'))])
  await current(t, name, 'cleanup.policy', 'compact')
  await ask('delete', [topic(op(DELETE, 'retention.ms', null))])
  await ask('delete what is not set', [topic(op(DELETE, 'flush.ms', null))])
  await current(t, name, 'retention.ms', null)
  await ask('append to no list', [topic(op(APPEND, 'retention.ms', '1'))])
  await ask('subtract from no list', [topic(op(SUBTRACT, 'retention.ms', '1'))])
  await ask('set null', [topic(op(SET, 'retention.ms', null))])
  await ask('an unknown operation', [topic(op(9, 'retention.ms', '1'))])
  await ask('an unknown operation beside a known one', [
    topic(op(SET, 'retention.ms', '3')),
    {
      resourceType: GROUP,
      resourceName: name,
      configs: [op(9, 'consumer.session.timeout.ms', '1')],
    },
  ])
  await current(t, name, 'retention.ms', null)
  await ask('an unknown operation on a logger', [
    { resourceType: BROKER_LOGGER, resourceName: '1', configs: [op(9, 'root', 'INFO')] },
  ])
  await ask('blanks for a number', [topic(op(SET, 'retention.ms', ' '))])
  await ask('blanks around what is no truth value', [topic(op(SET, 'preallocate', ' yes '))])
  await ask('blanks around what is no fraction', [
    topic(op(SET, 'min.cleanable.dirty.ratio', ' x ')),
  ])
  await ask('a key twice', [topic(op(SET, 'retention.ms', '1'), op(SET, 'retention.ms', '2'))])
  await ask('an unknown key', [topic(op(SET, 'no.such', '1'))])
  await ask('a bad value', [topic(op(SET, 'segment.bytes', 'many'))])
  await ask('out of range', [topic(op(SET, 'segment.bytes', '1'))])
  await ask('resources twice', [topic(op(SET, 'retention.ms', '1')), topic()])
  const broker = (resourceName: string, ...configs: object[]) => ({
    resourceType: BROKER,
    resourceName,
    configs,
  })
  await ask('dynamic, of the broker', [broker('1', op(SET, 'log.cleaner.threads', '2'))])
  await ask('dynamic, of all brokers', [broker('', op(SET, 'message.max.bytes', '2000000'))])
  await ask('read-only', [broker('1', op(SET, 'node.id', '2'))])
  await ask('per broker only', [broker('', op(SET, 'listeners', 'PLAINTEXT://:1'))])
  await ask('another broker', [broker('9', op(SET, 'log.cleaner.threads', '2'))])
  await ask('undone', [
    broker('1', op(DELETE, 'log.cleaner.threads', null)),
    broker('', op(DELETE, 'message.max.bytes', null)),
  ])
  await ask('a group', [
    {
      resourceType: GROUP,
      resourceName: name,
      configs: [op(SET, 'consumer.session.timeout.ms', '50000')],
    },
  ])
  await ask('a group, out of range', [
    {
      resourceType: GROUP,
      resourceName: name,
      configs: [op(SET, 'consumer.session.timeout.ms', '1')],
    },
  ])
}

async function list(t: Conversation, version: number): Promise<void> {
  const ask = (label: string, body: object) =>
    t.ask(label, ApiKey.ListConfigResources, version, body, { unordered: true })
  // What was set is listed a moment later.
  const isListed = (name: string) => (body: Body) =>
    body.configResources.some((it: { resourceName: string }) => it.resourceName === name)
  await t.quietly(ApiKey.IncrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: CLIENT_METRICS,
        resourceName: `metrics-v${version}`,
        configs: [{ name: 'interval.ms', configOperation: SET, value: '60000' }],
      },
    ],
    validateOnly: false,
  })
  const { ListConfigResources } = ApiKey
  const listed = { until: isListed(`metrics-v${version}`) }
  await t.quietly(ListConfigResources, version, { resourceTypes: [] }, listed)
  if (version === 0) return void (await ask('client metrics', {}))
  const body = { resourceTypes: [GROUP] }
  await t.quietly(ListConfigResources, version, body, { until: isListed('incremental-v1') })
  for (const resourceTypes of [
    [TOPIC],
    [BROKER],
    [BROKER_LOGGER],
    [CLIENT_METRICS],
    [GROUP],
    [GROUP, BROKER],
    [BROKER, BROKER],
    [0],
    [1],
    [77],
    [TOPIC, 77],
  ]) {
    await ask(`type ${resourceTypes}`, { resourceTypes })
  }
  await ask('all', { resourceTypes: [] })
}

import t from 'tap'
import { ConfigResourceType } from '../../../src/metadata/config/resource.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { Cluster, typesOf } from './cluster.js'

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = ConfigResourceType
const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

/** A broker, and a topic with a setting. */
function setUp(): Cluster {
  const cluster = new Cluster()
  cluster.start(1)
  cluster.create('orders', 1, 1, { configs: [{ name: 'retention.ms', value: '5000' }] })
  return cluster
}

type Change = readonly [operation: number, name: string, value: string | null]

function alter(cluster: Cluster, resourceType: number, resourceName: string, ...changes: Change[]) {
  const configs = changes.map(([configOperation, name, value]) => ({
    configOperation,
    name,
    value,
  }))
  const { response, records } = cluster.ask('IncrementalAlterConfigs', {
    resources: [{ resourceType, resourceName, configs }],
  })
  const { errorCode, errorMessage } = response.responses[0]!
  return { errorCode, errorMessage, records }
}

function replace(cluster: Cluster, resourceType: number, resourceName: string, settings: object) {
  const configs = Object.entries(settings).map(([name, value]) => ({ name, value }))
  const { response, records } = cluster.ask('AlterConfigs', {
    resources: [{ resourceType, resourceName, configs }],
  })
  const { errorCode, errorMessage } = response.responses[0]!
  return { errorCode, errorMessage, records }
}

t.test('single settings are set, changed and removed', async (t) => {
  const cluster = setUp()
  const { records } = alter(cluster, TOPIC, 'orders', [SET, 'segment.bytes', '3000000'])
  t.strictSame(records, [
    {
      type: 'ConfigRecord',
      version: 0,
      data: {
        resourceType: TOPIC,
        resourceName: 'orders',
        name: 'segment.bytes',
        value: '3000000',
      },
    },
  ])
  alter(cluster, TOPIC, 'orders', [DELETE, 'retention.ms', null])
  t.strictSame(cluster.topicConfigs('orders'), { 'segment.bytes': '3000000' })
  const same = alter(cluster, TOPIC, 'orders', [SET, 'segment.bytes', '3000000'])
  t.strictSame([same.errorCode, same.records], [0, []], 'what stays as it is is not written')
  const unset = alter(cluster, TOPIC, 'orders', [DELETE, 'flush.ms', null])
  t.strictSame([unset.errorCode, unset.records], [0, []])
})

t.test('entries are added to a list and taken from it', async (t) => {
  const cluster = setUp()
  const policy = () => cluster.topicConfigs('orders')['cleanup.policy']
  alter(cluster, TOPIC, 'orders', [APPEND, 'cleanup.policy', 'compact'])
  t.equal(policy(), 'delete,compact', 'beginning with the default')
  t.strictSame(alter(cluster, TOPIC, 'orders', [APPEND, 'cleanup.policy', 'compact']).records, [])
  alter(cluster, TOPIC, 'orders', [SUBTRACT, 'cleanup.policy', 'delete'])
  t.equal(policy(), 'compact')
  alter(cluster, TOPIC, 'orders', [SUBTRACT, 'cleanup.policy', 'compact'])
  t.equal(policy(), '')
})

t.test('what is refused of single changes', async (t) => {
  const cluster = setUp()
  const cases: [Change, number, string | null][] = [
    [
      [APPEND, 'retention.ms', '1'],
      40,
      "Can't APPEND to key retention.ms because its type is not LIST.",
    ],
    [
      [SUBTRACT, 'retention.ms', '1'],
      40,
      "Can't SUBTRACT to key retention.ms because its type is not LIST.",
    ],
    [[APPEND, 'no.such', '1'], 40, "Can't APPEND to key no.such because its type is not LIST."],
    [[SET, 'no.such', '1'], 40, 'Unknown topic config name: no.such'],
    [
      [SET, 'segment.bytes', 'many'],
      40,
      'Invalid value many for configuration segment.bytes: Not a number of type INT',
    ],
    [
      [SET, 'segment.bytes', '1'],
      40,
      'Invalid value 1 for configuration segment.bytes: Value must be at least 1048576',
    ],
    [[SET, 'retention.ms', null], 42, 'Null value not supported for : retention.ms'],
    [[9, 'retention.ms', '1'], -1, null],
  ]
  for (const [change, errorCode, errorMessage] of cases) {
    t.strictSame(alter(cluster, TOPIC, 'orders', change), { errorCode, errorMessage, records: [] })
  }
  t.strictSame(cluster.topicConfigs('orders'), { 'retention.ms': '5000' })
})

t.test('the older request replaces all that is set', async (t) => {
  const cluster = setUp()
  const { records } = replace(cluster, TOPIC, 'orders', { 'segment.bytes': '2000000' })
  t.match(records, [
    { data: { name: 'segment.bytes', value: '2000000' } },
    { data: { name: 'retention.ms', value: null } },
  ])
  t.strictSame(cluster.topicConfigs('orders'), { 'segment.bytes': '2000000' })
  const bad = replace(cluster, TOPIC, 'orders', { 'retention.ms': 'soon' })
  t.match(bad, {
    errorCode: ErrorCode.INVALID_CONFIG,
    errorMessage: 'Invalid value soon for configuration retention.ms: Not a number of type LONG',
  })
  t.strictSame(cluster.topicConfigs('orders'), { 'segment.bytes': '2000000' })
})

t.test('only checked: nothing is written', async (t) => {
  const cluster = setUp()
  const configs = [{ name: 'retention.ms', value: '1', configOperation: SET }]
  const resources = [{ resourceType: TOPIC, resourceName: 'orders', configs }]
  for (const api of ['AlterConfigs', 'IncrementalAlterConfigs'] as const) {
    const { response, records } = cluster.ask(api, { resources, validateOnly: true })
    t.equal(response.responses[0]!.errorCode, 0)
    t.strictSame(records, [])
  }
})

t.test('resources that are not there, or can not be', async (t) => {
  const cluster = setUp()
  const refusal = (type: number, name: string, key = 'retention.ms', value = '1') => {
    const { errorCode, errorMessage } = alter(cluster, type, name, [SET, key, value])
    return [errorCode, errorMessage]
  }
  t.strictSame(refusal(TOPIC, 'no'), [3, "The topic 'no' does not exist."])
  t.strictSame(refusal(TOPIC, ''), [42, 'Default topic resources are not allowed.'])
  t.match(refusal(TOPIC, 'a b'), [17, /^Topic name is invalid/])
  t.strictSame(refusal(BROKER, 'x'), [42, 'Unable to parse broker name as a base 10 number.'])
  t.strictSame(refusal(BROKER, '-1'), [42, 'Invalid negative broker ID.'])
  t.match(refusal(BROKER, '9'), [ErrorCode.BROKER_ID_NOT_REGISTERED, /9/])
  t.strictSame(refusal(BROKER_LOGGER, '1'), [42, 'Unexpected resource type BROKER_LOGGER.'])
  t.strictSame(refusal(77, 'x'), [35, 'Unknown resource type 77.'])
  t.strictSame(refusal(GROUP, ''), [42, 'Default group resources are not allowed.'])
  t.strictSame(refusal(GROUP, 'g', 'no.such'), [40, 'Unknown group config name: no.such'])
  t.strictSame(refusal(GROUP, 'g', 'consumer.session.timeout.ms'), [
    40,
    'consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
  ])
  t.strictSame(refusal(CLIENT_METRICS, ''), [42, "Subscription name can't be empty"])
  t.strictSame(refusal(CLIENT_METRICS, 'm', 'nope'), [
    42,
    'Unknown client metrics configuration: nope',
  ])
  t.strictSame(refusal(CLIENT_METRICS, 'm', 'interval.ms', '5'), [
    42,
    'Invalid value 5 for interval.ms, interval must be between 100 and 3600000 (1 hour)',
  ])
  t.strictSame(refusal(CLIENT_METRICS, 'm', 'match', 'nope=1'), [
    40,
    'Illegal client matching pattern: nope=1',
  ])
  t.equal(refusal(GROUP, 'g', 'consumer.session.timeout.ms', '50000')[0], 0)
  t.equal(refusal(CLIENT_METRICS, 'm', 'metrics', 'a.b')[0], 0)
})

t.test('a resource that comes twice is not altered', async (t) => {
  const cluster = setUp()
  const configs = [{ name: 'retention.ms', value: '1', configOperation: SET }]
  const resource = { resourceType: TOPIC, resourceName: 'orders', configs }
  const { response, records } = cluster.ask('IncrementalAlterConfigs', {
    resources: [resource, resource],
  })
  t.strictSame(response.responses, [
    {
      errorCode: ErrorCode.INVALID_REQUEST,
      errorMessage: 'Duplicate resource.',
      resourceType: TOPIC,
      resourceName: 'orders',
    },
  ])
  t.strictSame(records, [])
})

t.test('brokers: even what stays as it is is written, so that they load it again', async (t) => {
  const cluster = setUp()
  const set = () => alter(cluster, BROKER, '1', [SET, 'log.cleaner.threads', '2'])
  t.equal(set().records.length, 1)
  t.equal(set().records.length, 1)
  t.equal(alter(cluster, BROKER, '', [SET, 'no.such', '1']).errorCode, 0, 'names are not checked')
})

t.test('min.insync.replicas and eligible leader replicas (KIP-966)', async (t) => {
  const cluster = setUp()
  const name = 'min.insync.replicas'
  t.match(alter(cluster, BROKER, '', [DELETE, name, null]), {
    errorCode: 40,
    errorMessage: 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.',
  })
  t.match(replace(cluster, BROKER, '', {}), {
    errorCode: 40,
    errorMessage: 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.',
  })
  t.match(alter(cluster, BROKER, '1', [SET, name, '2']), {
    errorCode: 40,
    errorMessage: 'Broker-level min.insync.replicas cannot be altered while ELR is enabled.',
  })
  const ofAll = alter(cluster, BROKER, '', [SET, name, '2'])
  t.strictSame(typesOf(ofAll.records), ['ConfigRecord', 'ClearElrRecord'])
  t.strictSame(ofAll.records[1]!.data, { topicName: '' })
  const ofTopic = alter(cluster, TOPIC, 'orders', [SET, name, '2'])
  t.strictSame(ofTopic.records[1]!.data, { topicName: 'orders' })
})

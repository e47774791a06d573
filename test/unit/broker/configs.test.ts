import t from 'tap'
import { alterConfigs } from '../../../src/broker/api/alter-configs.js'
import { describeConfigs } from '../../../src/broker/api/describe-configs.js'
import { incrementalAlterConfigs } from '../../../src/broker/api/incremental-alter-configs.js'
import { listConfigResources } from '../../../src/broker/api/list-config-resources.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { AclOperation } from '../../../src/security/authorizer.js'
import {
  ask,
  type Body,
  broker,
  configOf,
  forbidding,
  ScriptedController,
  servicesOf,
  setting,
  stateOf,
  TOPIC_A,
  topic,
} from './admin-fixtures.js'

const TOPIC = 2
const BROKER = 4
const BROKER_LOGGER = 8
const CLIENT_METRICS = 16
const GROUP = 32

const { INVALID_REQUEST, INVALID_CONFIG } = ErrorCode

const state = () =>
  stateOf(
    broker(1),
    ...topic('a', TOPIC_A, [[1]]),
    setting(TOPIC, 'a', 'retention.ms', '5000'),
    setting(BROKER, '', 'log.retention.ms', '7000'),
    setting(BROKER, '1', 'log.cleaner.threads', '2'),
    setting(BROKER, '1', 'sasl.jaas.config', 'secret'),
    setting(GROUP, 'g', 'consumer.session.timeout.ms', '50000'),
    setting(CLIENT_METRICS, 'm', 'interval.ms', '1000'),
  )

/** A broker that has taken over what the metadata log sets. */
function running(authorizer = forbidding(() => false)) {
  const config = configOf({ 'log.retention.hours': '24', 'num.io.threads': '3' })
  const image = state()
  config.update(image)
  const controller = new ScriptedController(({ resources }) => ({
    throttleTimeMs: 0,
    responses: resources.map(({ resourceType, resourceName }: Body) => ({
      errorCode: 0,
      errorMessage: null,
      resourceType,
      resourceName,
    })),
  }))
  return { ...servicesOf({ state: image, config, controller, authorizer }), controller }
}

t.test('DescribeConfigs', async (t) => {
  const describe = async (resourceType: number, resourceName: string, keys?: string[]) => {
    const resource = { resourceType, resourceName, configurationKeys: keys ?? null }
    const request = { resources: [resource], includeSynonyms: true }
    const { results } = await ask(describeConfigs(running()), 4, request)
    return results[0] as Body
  }

  t.test('has the order of the HashMap that Kafka takes them from', async (t) => {
    const names = async (type: number, name: string) =>
      (await describe(type, name)).configs.map((config: Body) => config.name)
    const ofTopic = await names(TOPIC, 'a')
    t.strictSame(ofTopic.slice(0, 3), [
      'compression.type',
      'remote.log.delete.on.disable',
      'leader.replication.throttled.replicas',
    ])
    const sameBucket = ['segment.bytes', 'retention.ms', 'compression.gzip.level']
    t.strictSame(
      ofTopic.filter((name: string) => sameBucket.includes(name)),
      sameBucket,
      'within a bucket, as Kafka defines them',
    )
    t.strictSame((await names(GROUP, 'g')).slice(0, 3), [
      'consumer.session.timeout.ms',
      'consumer.assignment.interval.ms',
      'share.auto.offset.reset',
    ])
    t.strictSame((await names(BROKER, '1')).slice(0, 2), [
      'log.cleaner.min.compaction.lag.ms',
      'offsets.topic.num.partitions',
    ])
  })

  t.test('says where the values of a topic come from', async (t) => {
    const { configs, ...rest } = await describe(TOPIC, 'a', ['retention.ms', 'segment.bytes'])
    t.match(rest, { errorCode: 0, errorMessage: '', resourceType: TOPIC, resourceName: 'a' })
    t.strictSame(configs, [
      {
        name: 'segment.bytes',
        value: '1073741824',
        readOnly: false,
        isDefault: false,
        configSource: 5,
        isSensitive: false,
        synonyms: [{ name: 'log.segment.bytes', value: '1073741824', source: 5 }],
        configType: 3,
        documentation: null,
      },
      {
        name: 'retention.ms',
        value: '5000',
        readOnly: false,
        isDefault: false,
        configSource: 1,
        isSensitive: false,
        synonyms: [
          { name: 'retention.ms', value: '5000', source: 1 },
          { name: 'log.retention.ms', value: '7000', source: 3 },
          { name: 'log.retention.hours', value: '24', source: 4 },
          { name: 'log.retention.hours', value: '168', source: 5 },
        ],
        configType: 5,
        documentation: null,
      },
    ])
  })

  t.test('says what each configuration is for, to who asks', async (t) => {
    for (const [resourceType, resourceName] of [
      [TOPIC, 'a'],
      [BROKER, '1'],
      [CLIENT_METRICS, 'm'],
      [GROUP, 'g'],
    ] as const) {
      const resource = { resourceType, resourceName, configurationKeys: null }
      const request = { resources: [resource], includeDocumentation: true }
      const { results } = await ask(describeConfigs(running()), 4, request)
      const { configs } = results[0]
      const silent = configs.filter(({ documentation }: Body) => !documentation)
      t.ok(configs.length > 0)
      t.strictSame(
        silent.map(({ name }: Body) => name),
        [],
      )
    }
    const keys = [
      'group.share.max.size',
      'log.retention.ms',
      'group.consumer.min.session.timeout.ms',
    ]
    const resource = { resourceType: BROKER, resourceName: '1', configurationKeys: keys }
    const request = { resources: [resource], includeDocumentation: true }
    const { results } = await ask(describeConfigs(running()), 4, request)
    t.match(results[0].configs, [
      { documentation: /smallest consumer.session.timeout.ms/ },
      { documentation: /retention.ms of topics that have none of their own/ },
      { documentation: /share group/ },
    ])
  })

  t.test('says where the values of this broker come from, and no secrets', async (t) => {
    const keys = ['log.cleaner.threads', 'num.io.threads', 'node.id', 'sasl.jaas.config']
    t.match((await describe(BROKER, '1', keys)).configs, [
      { name: 'log.cleaner.threads', value: '2', configSource: 2, readOnly: false },
      { name: 'node.id', value: '1', configSource: 4, readOnly: true },
      { name: 'num.io.threads', value: '3', configSource: 4, readOnly: false },
      {
        name: 'sasl.jaas.config',
        value: null,
        isSensitive: true,
        configSource: 2,
        synonyms: [{ value: null, source: 2 }],
        configType: 9,
      },
    ])
  })

  t.test('has what is set for all brokers under no name', async (t) => {
    t.match((await describe(BROKER, '')).configs, [
      { name: 'log.retention.ms', value: '7000', configSource: 3 },
    ])
  })

  t.test('has groups, client metrics, and no loggers', async (t) => {
    const key = 'consumer.session.timeout.ms'
    t.match((await describe(GROUP, 'g', [key])).configs, [
      { name: key, value: '50000', configSource: 8 },
    ])
    t.match((await describe(CLIENT_METRICS, 'm')).configs, [
      { name: 'interval.ms', value: '1000', configSource: 7 },
      { name: 'match', value: '', configSource: 5 },
      { name: 'metrics', value: '', configSource: 5 },
    ])
    t.match(await describe(BROKER_LOGGER, '1'), { errorCode: 0, configs: [] })
  })

  t.test('says what is wrong with a resource', async (t) => {
    for (const [type, name, errorCode, errorMessage] of [
      [TOPIC, 'no', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ''],
      [
        TOPIC,
        '..',
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        "Topic name is invalid: '..' is not allowed",
      ],
      [BROKER, 'x', INVALID_REQUEST, 'Broker id must be an integer, but it is: x'],
      [BROKER_LOGGER, '9', INVALID_REQUEST, 'Unexpected broker id, expected 1 but received 9'],
      [GROUP, '', INVALID_REQUEST, 'Group name must not be empty'],
      [77, 'x', INVALID_REQUEST, 'Unexpected resource type 77 for resource x'],
    ] as const) {
      t.match(await describe(type, name), { errorCode, errorMessage, configs: [] })
    }
  })

  t.test('is for those who may see the resource', async (t) => {
    const services = running(forbidding((_, __, name) => name === 'a' || name === 'kafka-cluster'))
    const resources = [TOPIC, BROKER, GROUP].map((resourceType) => ({
      resourceType,
      resourceName: resourceType === BROKER ? '1' : 'a',
      configurationKeys: null,
    }))
    const { results } = await ask(describeConfigs(services), 1, { resources })
    t.match(results, [
      { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED },
      { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED },
      { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED },
    ])
  })
})

const op = (configOperation: number, name: string, value: string | null = null) => ({
  configOperation,
  name,
  value,
})
const of = (resourceType: number, resourceName: string, ...configs: object[]) => ({
  resourceType,
  resourceName,
  configs,
})
const outcomes = ({ responses }: Body) =>
  responses.map(({ errorCode, errorMessage }: Body) => [errorCode, errorMessage])
const OK = [0, null]
const wrong = (message: string) => [INVALID_REQUEST, message]

t.test('IncrementalAlterConfigs', async (t) => {
  const alter = async (resources: object[], services = running()) => {
    const handler = incrementalAlterConfigs(services)
    const body = await ask(handler, 1, { resources, validateOnly: false })
    return { outcomes: outcomes(body), asked: services.controller.asked }
  }

  t.test('passes on what is right, and answers in the order of the request', async (t) => {
    const { outcomes, asked } = await alter([
      of(TOPIC, 'a', op(0, 'retention.ms', null)),
      of(TOPIC, 'b', op(1, 'retention.ms')),
      of(BROKER, '1', op(0, 'log.cleaner.threads', '3')),
    ])
    t.strictSame(outcomes, [wrong('Null value not supported for : retention.ms'), OK, OK])
    t.match(asked, [
      { api: 'IncrementalAlterConfigs', request: { resources: [{ resourceName: 'b' }, {}] } },
    ])
  })

  t.test('refuses a resource or a name that comes twice', async (t) => {
    const twice = wrong('Each resource must appear at most once.')
    t.strictSame((await alter([of(TOPIC, 'a'), of(TOPIC, 'a')])).outcomes, [twice, twice])
    const keys = [op(0, 'retention.ms', '1'), op(0, 'retention.ms', '2')]
    const { outcomes, asked } = await alter([of(TOPIC, 'a', ...keys)])
    t.strictSame(outcomes, [wrong('Error due to duplicate config keys')])
    t.equal(asked.length, 0)
  })

  t.test('checks what this broker would run with', async (t) => {
    const isFixed = 'Cannot update these configs dynamically: [node.id, process.roles]'
    const notForAll =
      'Cannot update these configs at default cluster level, broker id must be specified: [listeners]'
    const needsPrefix =
      'These security configs can be dynamically updated only per-listener using the listener prefix: [ssl.keystore.password]'
    const noNumber = 'Invalid value x for configuration num.io.threads: Not a number of type INT'
    const noNumberEither =
      'Invalid value x for configuration max.connections: Not a number of type INT'
    const noRate =
      'Invalid value -1 for configuration leader.replication.throttled.rate: Value must be at least 0'
    const noList = 'Config value append is not allowed for config key: num.io.threads'
    for (const [name, change, expected] of [
      ['1', [op(0, 'node.id', '1'), op(0, 'process.roles', 'x')], wrong(isFixed)],
      ['1', [op(1, 'node.id')], OK],
      ['', [op(0, 'listeners', 'PLAINTEXT://:1')], wrong(notForAll)],
      ['2', [], wrong('Unexpected broker id, expected 1, but received 2')],
      ['x', [], wrong('Node id must be an integer, but it is: x')],
      ['1', [op(0, 'ssl.keystore.password', 'x')], wrong(needsPrefix)],
      ['1', [op(0, 'num.io.threads', 'x')], wrong(noNumber)],
      ['1', [op(0, 'listener.name.plaintext.max.connections', 'x')], wrong(noNumberEither)],
      ['1', [op(0, 'leader.replication.throttled.rate', '-1')], wrong(noRate)],
      ['', [op(0, 'follower.replication.throttled.rate', '0')], OK],
      ['1', [op(2, 'num.io.threads', '1')], [INVALID_CONFIG, noList]],
      ['1', [op(3, 'no.such', '1')], [INVALID_CONFIG, 'Unknown config name: no.such']],
      ['1', [op(2, 'log.cleanup.policy', 'compact')], OK],
      ['1', [op(3, 'log.cleanup.policy', 'delete')], OK],
      ['1', [op(9, 'num.io.threads', '1')], wrong('Unknown operations type 9')],
      ['1', [op(0, 'no.such', 'x')], OK],
    ] as [string, object[], unknown[]][]) {
      const { outcomes } = await alter([of(BROKER, name, ...change)])
      t.strictSame(outcomes, [expected])
    }
  })

  t.test('knows no loggers', async (t) => {
    for (const [change, expected] of [
      [op(0, 'root', 'DEBUG'), [INVALID_CONFIG, 'Logger root does not exist!']],
      [
        op(2, 'root', 'DEBUG'),
        wrong('APPEND operation is not allowed for the BROKER_LOGGER resource'),
      ],
    ] as [object, unknown[]][]) {
      const { outcomes } = await alter([of(BROKER_LOGGER, '1', change)])
      t.strictSame(outcomes, [expected])
    }
    const { outcomes, asked } = await alter([of(BROKER_LOGGER, '1')])
    t.strictSame(outcomes, [OK])
    t.equal(asked.length, 0)
    const other = wrong('Unexpected node id. Expected 1, but received 2')
    t.strictSame((await alter([of(BROKER_LOGGER, '2')])).outcomes, [other])
  })

  t.test('is for those who may', async (t) => {
    const services = running(forbidding((operation) => operation === AclOperation.ALTER_CONFIGS))
    const { outcomes, asked } = await alter([of(TOPIC, 'a'), of(GROUP, 'g')], services)
    t.strictSame(outcomes, [
      [ErrorCode.TOPIC_AUTHORIZATION_FAILED, null],
      [ErrorCode.GROUP_AUTHORIZATION_FAILED, null],
    ])
    t.equal(asked.length, 0)
  })
})

t.test('AlterConfigs', async (t) => {
  const services = running()
  const resources = [
    of(TOPIC, 'a', { name: 'retention.ms', value: '1' }),
    of(BROKER, '1', { name: 'num.io.threads', value: '-1' }),
    of(BROKER_LOGGER, '1'),
    of(77, 'x'),
  ]
  const body = await ask(alterConfigs(services), 2, { resources, validateOnly: true })
  t.strictSame(outcomes(body), [
    OK,
    wrong('Invalid value -1 for configuration num.io.threads: Value must be at least 1'),
    wrong('Unknown resource type 8'),
    wrong('Unknown resource type 77'),
  ])
  t.match(services.controller.asked, [
    { api: 'AlterConfigs', request: { resources: [{ resourceName: 'a' }], validateOnly: true } },
  ])
})

t.test('ListConfigResources', async (t) => {
  const list = async (version: number, body: object) => {
    const { errorCode, configResources } = await ask(listConfigResources(running()), version, body)
    return [errorCode, ...configResources.map((it: Body) => [it.resourceType, it.resourceName])]
  }
  t.strictSame(await list(0, {}), [0, [CLIENT_METRICS, 'm']])
  t.strictSame(await list(1, { resourceTypes: [] }), [
    0,
    [TOPIC, 'a'],
    [BROKER, '1'],
    [BROKER_LOGGER, '1'],
    [CLIENT_METRICS, 'm'],
    [GROUP, 'g'],
  ])
  t.strictSame(await list(1, { resourceTypes: [GROUP] }), [0, [GROUP, 'g']])
  t.strictSame(await list(1, { resourceTypes: [TOPIC, 77] }), [ErrorCode.UNSUPPORTED_VERSION])
})

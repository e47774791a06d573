import t from 'tap'
import { validateConfigs } from '../../../src/controller/config-validation.js'
import { BrokerConfig } from '../../../src/metadata/config/broker-config.js'
import { brokerConfigs } from '../../../src/metadata/config/broker-configs.js'
import { Config } from '../../../src/metadata/config/config.js'
import type { ConfigType } from '../../../src/metadata/config/config-def.js'
import { ConfigException } from '../../../src/metadata/config/config-exception.js'
import { singleNodeProperties } from '../../../src/metadata/config/defaults.js'
import { groupConfigs } from '../../../src/metadata/config/group-configs.js'
import { javaDouble } from '../../../src/metadata/config/java-text.js'
import { formatValue, parseType } from '../../../src/metadata/config/parse.js'
import { parseProperties } from '../../../src/metadata/config/properties.js'
import { ConfigResourceType } from '../../../src/metadata/config/resource.js'
import { brokerConfigSynonyms } from '../../../src/metadata/config/synonyms.js'
import { TopicConfig } from '../../../src/metadata/config/topic-config.js'
import { topicConfigs } from '../../../src/metadata/config/topic-configs.js'
import {
  isPerBroker,
  isReadOnly,
  needsListenerPrefix,
} from '../../../src/metadata/config/update-mode.js'

const brokerOf = (properties: Readonly<Record<string, string>> = {}): BrokerConfig =>
  new BrokerConfig(new Map([...singleNodeProperties, ...Object.entries(properties)]))

/** What a value of `topicConfigs` is refused with. */
function refusal(name: string, value: string): string | undefined {
  try {
    new TopicConfig(brokerOf(), new Map([[name, value]]))
    return undefined
  } catch (error) {
    if (error instanceof ConfigException) return error.message
    throw error
  }
}

t.test('values are read as Kafka reads them', async (t) => {
  const read = (text: string, type: ConfigType) => {
    try {
      return parseType('x', text, type)
    } catch (error) {
      return (error as Error).message
    }
  }
  t.equal(read(' 7 ', 'INT'), 7)
  t.equal(read('+7', 'LONG'), 7n)
  t.equal(read('9223372036854775807', 'LONG'), 2n ** 63n - 1n)
  t.equal(
    read('9223372036854775808', 'LONG'),
    'Invalid value 9223372036854775808 for configuration x: Not a number of type LONG',
  )
  t.equal(
    read('2147483648', 'INT'),
    'Invalid value 2147483648 for configuration x: Not a number of type INT',
  )
  t.equal(
    read('32768', 'SHORT'),
    'Invalid value 32768 for configuration x: Not a number of type SHORT',
  )
  t.equal(read('1.5', 'INT'), 'Invalid value 1.5 for configuration x: Not a number of type INT')
  t.equal(read('TRUE', 'BOOLEAN'), true)
  t.equal(
    read('yes', 'BOOLEAN'),
    'Invalid value yes for configuration x: Expected value to be either true or false',
  )
  t.equal(read('1e3', 'DOUBLE'), 1000)
  t.equal(read('0.5f', 'DOUBLE'), 0.5)
  t.equal(
    read('half', 'DOUBLE'),
    'Invalid value half for configuration x: Not a number of type DOUBLE',
  )
  t.strictSame(read(' a , b,c ', 'LIST'), ['a', 'b', 'c'])
  t.strictSame(read('', 'LIST'), [])
})

t.test('values are printed as Kafka prints them', async (t) => {
  t.equal(formatValue(['a', 'b'], 'LIST'), 'a,b')
  t.equal(formatValue('secret', 'PASSWORD'), '[hidden]')
  t.equal(formatValue(null, 'INT'), null)
  t.equal(formatValue(2n ** 63n - 1n, 'LONG'), '9223372036854775807')
  t.equal(formatValue(1, 'DOUBLE'), '1.0')
  t.strictSame([0, 0.5, 1e7, 0.0001, 123.25, Number.NaN].map(javaDouble), [
    '0.0',
    '0.5',
    '1.0E7',
    '1.0E-4',
    '123.25',
    'NaN',
  ])
})

t.test('a properties file is read as Java reads it', async (t) => {
  const text = [
    '# a comment',
    '! another',
    '',
    'a=1',
    'b : 2',
    '  c   3  ',
    'd=x\\',
    '    y',
    'e\\=f=g\\u00e9\\t.',
    'empty=',
    'alone',
    'path=C:\\\\data',
    'a=4',
  ].join('\r\n')
  t.strictSame(
    [...parseProperties(text)],
    [
      ['a', '4'],
      ['b', '2'],
      ['c', '3  '],
      ['d', 'xy'],
      ['e=f', 'gé\t.'],
      ['empty', ''],
      ['alone', ''],
      ['path', 'C:\\data'],
    ],
  )
  t.throws(() => parseProperties('a=\\u12'), SyntaxError)
})

t.test('what a topic may be configured with', async (t) => {
  const cases: [string, string, string | undefined][] = [
    ['retention.ms', '-1', undefined],
    [
      'retention.ms',
      '-2',
      'Invalid value -2 for configuration retention.ms: Value must be at least -1',
    ],
    ['cleanup.policy', 'compact,delete', undefined],
    ['cleanup.policy', '', undefined],
    [
      'cleanup.policy',
      'forget',
      'Invalid value forget for configuration cleanup.policy: String must be one of: compact, delete',
    ],
    [
      'min.cleanable.dirty.ratio',
      '1.5',
      'Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than 1',
    ],
    ['compression.gzip.level', '-1', undefined],
    [
      'compression.gzip.level',
      '0',
      'Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1',
    ],
    ['leader.replication.throttled.replicas', '*', undefined],
    ['leader.replication.throttled.replicas', '0:1,1:2', undefined],
    [
      'leader.replication.throttled.replicas',
      '0-1',
      "Invalid value [0-1] for configuration leader.replication.throttled.replicas: leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
    ],
    ['message.timestamp.type', 'LogAppendTime', undefined],
    [
      'preallocate',
      'maybe',
      'Invalid value maybe for configuration preallocate: Expected value to be either true or false',
    ],
  ]
  for (const [name, value, message] of cases)
    t.equal(refusal(name, value), message, `${name}=${value}`)
})

t.test('a topic takes from the broker what it does not set itself', async (t) => {
  const broker = brokerOf({
    'log.retention.hours': '2',
    'message.max.bytes': '5000',
    'log.roll.ms': '60000',
  })
  const inherited = new TopicConfig(broker, new Map())
  t.equal(inherited.get('retention.ms'), 7_200_000)
  t.equal(inherited.get('max.message.bytes'), 5000)
  t.equal(inherited.logConfig.segmentMs, 60_000)
  t.equal(inherited.get('flush.ms'), Number.MAX_SAFE_INTEGER, 'never')
  const own = new TopicConfig(broker, new Map([['retention.ms', '1']]))
  t.equal(own.get('retention.ms'), 1)
})

t.test('the finest unit that is set wins', async (t) => {
  t.equal(brokerOf().logRetentionMs, 7 * 24 * 3_600_000)
  t.equal(brokerOf({ 'log.retention.minutes': '2' }).logRetentionMs, 120_000)
  t.equal(brokerOf({ 'log.retention.minutes': '2', 'log.retention.ms': '3' }).logRetentionMs, 3)
  t.equal(brokerOf({ 'log.retention.ms': '-1' }).logRetentionMs, -1)
  t.strictSame(brokerConfigSynonyms('log.retention.ms'), [
    'log.retention.ms',
    'log.retention.minutes',
    'log.retention.hours',
  ])
  t.strictSame(brokerConfigSynonyms('listener.name.plain.ssl.keystore.type'), [
    'listener.name.plain.ssl.keystore.type',
    'ssl.keystore.type',
  ])
})

t.test('every default can be used', async (t) => {
  t.equal(brokerOf().nodeId, 1)
  for (const table of [topicConfigs, groupConfigs]) {
    t.doesNotThrow(() => new Config<typeof topicConfigs | typeof groupConfigs>(table, new Map()))
  }
})

t.test('listeners, as they are opened and as they are told', async (t) => {
  const config = brokerOf({
    listeners: 'PLAINTEXT://:0,internal://[::1]:9095,CONTROLLER://localhost:9093',
    'advertised.listeners': 'PLAINTEXT://example.org:9092,INTERNAL://localhost:9095',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT',
  })
  t.strictSame(config.brokerListeners, [
    { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: null, port: 0 },
    { name: 'INTERNAL', securityProtocol: 'PLAINTEXT', host: '::1', port: 9095 },
  ])
  t.match(config.advertisedBrokerListeners, [{ host: 'example.org', port: 9092 }, { port: 9095 }])
  t.match(config.controllerListeners, [{ name: 'CONTROLLER', port: 9093 }])
  t.equal(config.interBrokerListenerName, 'PLAINTEXT')
  t.strictSame(config.quorumVoters, [{ id: 1, host: 'localhost', port: 9093 }])
})

t.test('what settings demand of each other', async (t) => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ 'broker.id': '2' }, /`node.id` to the same value as `broker.id`/],
    [{ 'log.retention.ms': '0' }, /log.retention.ms must be unlimited/],
    [{ 'replica.fetch.wait.max.ms': '40000' }, /replica.socket.timeout.ms/],
    [{ 'controller.quorum.voters': '2@localhost:9093' }, /must be included in the set of voters/],
    [{ 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' }, /nonroutable/],
    [{ 'advertised.listeners': 'OTHER://localhost:1' }, /OTHER/],
    [{ 'queued.max.request.bytes': '1' }, /queued.max.request.bytes/],
    [
      { 'group.consumer.session.timeout.ms': '1' },
      /group.consumer.session.timeout.ms must be greater/,
    ],
    [{ 'log.segment.bytes': 'x' }, /Not a number of type INT/],
  ]
  for (const [properties, message] of cases) t.throws(() => brokerOf(properties), { message })
  t.throws(
    () => new BrokerConfig(new Map([...singleNodeProperties].filter(([k]) => k !== 'node.id'))),
    {
      message: /node.id|broker.id/,
    },
  )
})

t.test('unknown names are kept, and told', async (t) => {
  const config = brokerOf({ 'my.own': '1' })
  t.strictSame(config.unknownNames(), ['my.own'])
  t.equal(config.originals.get('my.own'), '1')
  t.equal(config.text('my.own'), undefined)
})

t.test("what is samsa's own is known", async (t) => {
  const name = 'samsa.legacy.api.versions.enable'
  t.equal(brokerOf({}).servesLegacyVersions, false)
  const config = brokerOf({ [name]: 'true' })
  t.equal(config.servesLegacyVersions, true)
  t.strictSame(config.unknownNames(), [])
  t.throws(() => brokerOf({ [name]: 'perhaps' }), { message: /samsa.legacy.api.versions.enable/ })
})

t.test('which settings a running broker can be told', async (t) => {
  t.ok(isReadOnly('node.id'))
  t.notOk(isReadOnly('log.cleaner.threads'))
  t.ok(isPerBroker('listeners'))
  t.notOk(isPerBroker('log.cleaner.threads'))
  t.ok(isPerBroker('listener.name.plain.ssl.keystore.type'))
  t.notOk(isPerBroker('listener.name.plain.max.connections'))
  t.ok(needsListenerPrefix('ssl.keystore.type'))
  const names = Object.keys(brokerConfigs)
  t.ok(names.length > 200)
})

t.test('what is set on a resource is checked as a whole', async (t) => {
  const check = (type: number, settings: Record<string, string>, name = 'x') => {
    try {
      validateConfigs(type, name, new Map(Object.entries(settings)), brokerOf())
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }
  const { TOPIC, GROUP, BROKER, CLIENT_METRICS } = ConfigResourceType
  t.equal(
    check(TOPIC, { 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' }),
    'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)',
  )
  t.equal(
    check(TOPIC, { 'remote.storage.enable': 'true' }),
    'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
  )
  t.equal(
    check(GROUP, {
      'consumer.session.timeout.ms': '45000',
      'consumer.heartbeat.interval.ms': '15000',
    }),
    undefined,
  )
  t.equal(
    check(GROUP, { 'consumer.heartbeat.interval.ms': '16000' }),
    'consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms',
  )
  t.equal(check(BROKER, { anything: 'goes' }, '1'), undefined)
  t.equal(check(CLIENT_METRICS, { 'interval.ms': '100', match: 'client_id=a.*' }), undefined)
  t.equal(
    check(CLIENT_METRICS, { match: 'client_id=(' }),
    'Illegal client matching pattern: client_id=(',
  )
})

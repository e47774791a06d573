import { brokerConfigs } from '../../../src/metadata/config/broker-configs.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { AskOptions, Conversation } from '../conversation.js'
import { type Script, versionsOf } from '../script.js'

const BROKER = 4
const BROKER_LOGGER = 8
const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

/** What the two brokers that are compared don't have in common. */
const OF_THEIR_OWN = new Set([
  'advertised.listeners',
  'controller.quorum.voters',
  'inter.broker.listener.name',
  'listener.security.protocol.map',
  'listeners',
  'log.dirs',
])

/** All settings of a broker, and what it says to other ones. */
export const brokerConfigurations: Script = {
  name: 'broker-configs',
  async run(t) {
    for (const version of versionsOf(ApiKey.DescribeConfigs)) {
      await describe(t, `all settings`, version, '1')
    }
    await change(t)
    for (const [label, name, ...configs] of CHANGES) await alter(t, label, name, configs)
    const deviation = 'clearer-errors'
    await alter(t, 'a contradiction', '1', [[SET, 'log.roll.ms', '0']], { deviation })
    for (const [key, value] of REFUSED) {
      await alter(t, `${key}=${value}`, '', [[SET, key, value]], { deviation })
    }
    for (const threads of ['1', '100']) {
      const deviation = 'no-thread-pools'
      const op: Op = [SET, 'num.io.threads', threads]
      await alter(t, `${threads} threads`, '1', [op], { deviation })
    }
    await replaceAll(t)
    await loggers(t)
  },
}

async function describe(
  t: Conversation,
  label: string,
  version: number,
  resourceName: string,
  expected: readonly string[] = [],
): Promise<void> {
  const configurationKeys = Object.keys(brokerConfigs).filter((name) => !OF_THEIR_OWN.has(name))
  const resources = [{ resourceType: BROKER, resourceName, configurationKeys }]
  const body = { resources, includeSynonyms: true }
  await t.ask(label, ApiKey.DescribeConfigs, version, body, {
    unordered: true,
    until: ({ results }) =>
      expected.every((value) =>
        results[0].configs.some((it: { value: string }) => it.value === value),
      ),
  })
}

type Op = readonly [operation: number, name: string, value: string | null]

function alter(
  t: Conversation,
  label: string,
  resourceName: string,
  ops: readonly Op[],
  { validateOnly = true, ...options }: AskOptions & { readonly validateOnly?: boolean } = {},
) {
  const configs = ops.map(([configOperation, name, value]) => ({ configOperation, name, value }))
  const resources = [{ resourceType: BROKER, resourceName, configs }]
  return t.ask(label, ApiKey.IncrementalAlterConfigs, 1, { resources, validateOnly }, options)
}

async function change(t: Conversation): Promise<void> {
  const ofBroker: Op[] = [
    [SET, 'log.cleaner.threads', '2'],
    [SET, 'log.retention.ms', '123456'],
    [SET, 'sasl.jaas.config', 'secret'],
    [SET, 'no.such', 'setting'],
    [SET, 'listener.name.plaintext.max.connections', '10'],
  ]
  const ofAll: Op[] = [
    [SET, 'message.max.bytes', '2000000'],
    [SET, 'log.retention.ms', '654321'],
    [APPEND, 'log.cleanup.policy', 'compact'],
  ]
  await alter(t, 'this broker', '1', ofBroker, { validateOnly: false })
  await alter(t, 'all brokers', '', ofAll, { validateOnly: false })
  await describe(t, 'what is set for this broker', 4, '1', ['2', '123456', '2000000'])
  await describe(t, 'what is set for all brokers', 4, '', ['2000000', '654321'])
  const undo = (ops: Op[]): Op[] => ops.map(([, name]) => [DELETE, name, null])
  await alter(t, 'this broker, undone', '1', undo(ofBroker), { validateOnly: false })
  await alter(t, 'all brokers, undone', '', undo(ofAll), { validateOnly: false })
}

const CHANGES: readonly (readonly [label: string, name: string, ...ops: Op[]])[] = [
  ['no number', '1', [SET, 'log.cleaner.threads', 'x']],
  ['out of range', '1', [SET, 'log.cleaner.threads', '-1']],
  ['an unknown setting', '1', [SET, 'no.such', 'x']],
  ['an unknown setting of a listener', '1', [SET, 'listener.name.plaintext.no.such', 'x']],
  ['a list, appended to', '1', [APPEND, 'log.cleanup.policy', 'compact']],
  ['a list, subtracted from', '1', [SUBTRACT, 'log.cleanup.policy', 'delete']],
  ['no list, appended to', '1', [APPEND, 'num.io.threads', '1']],
  ['no list, subtracted from', '1', [SUBTRACT, 'num.io.threads', '1']],
  ['an unknown setting, appended to', '1', [APPEND, 'no.such', '1']],
  ['an unknown operation', '1', [9, 'num.io.threads', '1']],
  ['a fixed setting', '1', [SET, 'node.id', '1']],
  ['a fixed setting, deleted', '1', [DELETE, 'node.id', null]],
  ['TLS without a listener', '1', [SET, 'ssl.keystore.password', 'x']],
  [
    'TLS of a listener of all brokers',
    '',
    [SET, 'listener.name.plaintext.ssl.keystore.password', 'x'],
  ],
  ['TLS of a listener', '1', [SET, 'listener.name.plaintext.ssl.keystore.location', 'x']],
  [
    'a bound of a listener of all brokers',
    '',
    [SET, 'listener.name.plaintext.max.connections', '9'],
  ],
  ['no number, of a listener', '1', [SET, 'listener.name.plaintext.max.connections', 'x']],
  ['nothing', '1', [SET, 'log.roll.ms', null]],
  ['min.insync.replicas', '1', [SET, 'min.insync.replicas', '2']],
  ['min.insync.replicas of all brokers', '', [SET, 'min.insync.replicas', '2']],
  ['min.insync.replicas of all brokers, deleted', '', [DELETE, 'min.insync.replicas', null]],
  ['a name that is no number', 'x', [SET, 'num.io.threads', '8']],
  ...['consumer', 'share', 'streams'].map(
    (kind) => [kind, '', [SET, `group.${kind}.assignment.interval.ms`, '15001']] as const,
  ),
]

/** Refused, each in its own words. */
const REFUSED: readonly (readonly [name: string, value: string])[] = [
  ['log.cleaner.threads', '0'],
  ['log.local.retention.ms', '-1'],
  ['log.local.retention.ms', '604800001'],
  ['max.connections', '0'],
  ['max.connection.creation.rate', '0'],
  ['max.connections.per.ip.overrides', '5'],
]

async function replaceAll(t: Conversation): Promise<void> {
  const ask = (label: string, resourceName: string, configs: object[], resourceType = BROKER) =>
    t.ask(label, ApiKey.AlterConfigs, 2, {
      resources: [{ resourceType, resourceName, configs }],
      validateOnly: true,
    })
  await ask('no number', '1', [{ name: 'log.cleaner.threads', value: 'x' }])
  await ask('a fixed setting', '1', [{ name: 'node.id', value: '1' }])
  await ask('a setting twice', '1', [
    { name: 'a', value: '1' },
    { name: 'a', value: '1' },
  ])
  await ask('nothing', '1', [{ name: 'a', value: null }])
  await ask('loggers', '1', [{ name: 'root', value: 'INFO' }], BROKER_LOGGER)
}

async function loggers(t: Conversation): Promise<void> {
  const deviation = 'no-loggers'
  const resources = [{ resourceType: BROKER_LOGGER, resourceName: '1', configurationKeys: null }]
  await t.ask('loggers', ApiKey.DescribeConfigs, 4, { resources }, { deviation })
  const ask = (label: string, resourceName: string, op?: Op, options = {}) => {
    const configs = op ? [{ configOperation: op[0], name: op[1], value: op[2] }] : []
    return t.ask(
      label,
      ApiKey.IncrementalAlterConfigs,
      1,
      { resources: [{ resourceType: BROKER_LOGGER, resourceName, configs }], validateOnly: true },
      options,
    )
  }
  await ask('an unknown logger', '1', [SET, 'no.such', 'INFO'])
  await ask('an unknown logger, deleted', '1', [DELETE, 'no.such', null])
  await ask('a logger, appended to', '1', [APPEND, 'root', 'INFO'])
  await ask('a logger, subtracted from', '1', [SUBTRACT, 'root', 'INFO'])
  await ask('the root logger', '1', [SET, 'root', 'INFO'], { deviation })
  await ask('no changes of loggers', '1')
  await ask('loggers of another broker', '9')
  await ask('loggers of no broker', '')
  await ask('loggers of a name that is no number', 'x')
}

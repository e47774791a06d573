import t from 'tap'
import { ConsumerGroupSettings } from '../../../src/coordinator/group/consumer/group-settings.js'
import { groupCoordinatorConfig } from '../../../src/coordinator/group/group-config.js'
import { NO_METADATA } from '../../../src/coordinator/group/group-metadata.js'
import { BrokerConfig } from '../../../src/metadata/config/broker-config.js'

const broker = (settings: Record<string, string> = {}) =>
  new BrokerConfig(
    new Map(
      Object.entries({
        'node.id': '1',
        'process.roles': 'broker,controller',
        'controller.listener.names': 'CONTROLLER',
        listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
        'controller.quorum.voters': '1@127.0.0.1:9093',
        ...settings,
      }),
    ),
  )

function settingsOf(current: () => BrokerConfig, ofGroup: Record<string, string> = {}) {
  const groupConfigs = (groupId: string) =>
    new Map(groupId === 'own' ? Object.entries(ofGroup) : [])
  return new ConsumerGroupSettings(
    { ...NO_METADATA, groupConfigs },
    groupCoordinatorConfig(current),
  )
}

t.test('a group has what is set on it, others what the broker has', async (t) => {
  const current = broker({ 'group.consumer.heartbeat.interval.ms': '6000' })
  const settings = settingsOf(() => current, {
    'consumer.session.timeout.ms': '50000',
    'consumer.heartbeat.interval.ms': '7000',
    'consumer.assignment.interval.ms': '0',
  })
  t.equal(settings.sessionTimeoutMs('own'), 50_000)
  t.equal(settings.heartbeatIntervalMs('own'), 7000)
  t.equal(settings.assignmentIntervalMs('own'), 0)
  t.equal(settings.sessionTimeoutMs('other'), 45_000)
  t.equal(settings.heartbeatIntervalMs('other'), 6000)
  t.equal(settings.assignmentIntervalMs('other'), 1000)
})

t.test('what was set under other limits is brought within those of now', async (t) => {
  const current = broker()
  const settings = settingsOf(() => current, {
    'consumer.session.timeout.ms': '1',
    'consumer.heartbeat.interval.ms': '99999',
  })
  t.equal(settings.sessionTimeoutMs('own'), 45_000)
  t.equal(settings.heartbeatIntervalMs('own'), 15_000)
})

t.test('the assignment interval changes while the broker runs', async (t) => {
  let current = broker()
  const settings = settingsOf(() => current)
  t.equal(settings.assignmentIntervalMs('any'), 1000)
  current = broker({ 'group.consumer.assignment.interval.ms': '20' })
  t.equal(settings.assignmentIntervalMs('any'), 20)
})

import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ASSIGNED_AT_ONCE, describeConsumers, heartbeatBody, Member } from '../consumer-requests.js'
import type { Conversation } from '../conversation.js'
import { prepareEveryGroup } from '../fixtures.js'
import { join, joinBody, syncBody } from '../group-requests.js'
import type { Script } from '../script.js'
import { createConsumed } from '../topic-order.js'

function policy(value: string): Script {
  return {
    name: `consumer-policy-${value}`,
    config: { ...ASSIGNED_AT_ONCE, 'group.consumer.migration.policy': value },
    async run(t) {
      await prepareEveryGroup(t)
      await createConsumed(t, 'a', 2)
      await upgrade(t)
      await downgrade(t)
    },
  }
}

/** What `group.consumer.migration.policy` doesn't allow. */
export const consumerPolicies: readonly Script[] = ['disabled', 'upgrade', 'downgrade'].map(policy)

const A = { subscribedTopicNames: ['a'] }

async function upgrade(t: Conversation): Promise<void> {
  const joined = await join(t, 9, 'upgrade')
  await t.ask('sync', ApiKey.SyncGroup, 5, syncBody('upgrade', joined))
  const newer = new Member(t, 'upgrade', 'newer', A)
  await newer.join('joins a classic group')
  await describeConsumers(t, 'joined', 'upgrade')
  const { memberId } = joined
  const members = [{ memberId }]
  await t.ask('leaves', ApiKey.LeaveGroup, 5, { groupId: 'upgrade', members })
  await newer.join('joins an empty classic group')
  await describeConsumers(t, 'joined', 'upgrade')
}

async function downgrade(t: Conversation): Promise<void> {
  const newer = new Member(t, 'downgrade', 'newer', A)
  await newer.join('joins')
  await newer.own('owns all')
  const body = joinBody('downgrade', { groupInstanceId: 'classic' })
  const joined = await t.ask('joins a consumer group', ApiKey.JoinGroup, 9, body)
  await describeConsumers(t, 'mixed or not', 'downgrade')
  await newer.own('gives up')
  await newer.leave('leaves')
  await t.ask('left', ApiKey.DescribeGroups, 6, { groups: ['downgrade'] })
  await describeConsumers(t, 'left', 'downgrade')
  const { memberId, generationId } = joined
  const as = { groupId: 'downgrade', groupInstanceId: 'classic', memberId, generationId }
  await t.ask('classic', ApiKey.Heartbeat, 4, as)
  const again = joinBody('downgrade', { groupInstanceId: 'classic', memberId })
  await t.ask('joins again', ApiKey.JoinGroup, 9, again, { on: 'again' })
  const last = heartbeatBody('downgrade', 'another', A)
  await t.ask('joins at last', ApiKey.ConsumerGroupHeartbeat, 1, last)
}

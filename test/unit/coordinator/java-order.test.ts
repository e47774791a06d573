import t from 'tap'
import {
  preferredAssignor,
  preferredAssignorAfter,
} from '../../../src/coordinator/group/consumer/assignors.js'
import { ConsumerGroup } from '../../../src/coordinator/group/consumer/consumer-group.js'
import { newMember } from '../../../src/coordinator/group/consumer/consumer-group-member.js'
import { GroupStore } from '../../../src/coordinator/group/group-store.js'
import { inTimelineOrder, javaHashCode } from '../../../src/coordinator/group/java-hash.js'
import { partitionsInOrder } from '../../../src/coordinator/group/offsets-topic.js'

/** What Apache Kafka 4.3.1 was seen to do where it takes the first of several. */

const MEMBERS = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6']

t.test("members are described in the order of Kafka's tables", async (t) => {
  const order = (count: number) => inTimelineOrder(MEMBERS.slice(0, count), javaHashCode, count + 1)
  t.strictSame(order(3), ['m2', 'm0', 'm1'])
  t.strictSame(order(4), ['m2', 'm0', 'm1', 'm3'])
  t.strictSame(order(6), ['m5', 'm0', 'm2', 'm4', 'm1', 'm3'])
  t.strictSame(order(7), ['m5', 'm0', 'm2', 'm4', 'm1', 'm6', 'm3'])
})

t.test('tables keep the room that they once needed', async (t) => {
  const left = MEMBERS.filter((member) => member !== 'm3')
  t.strictSame(inTimelineOrder(left, javaHashCode, 8), ['m5', 'm0', 'm2', 'm4', 'm1', 'm6'])
})

t.test('of two assignors that as many ask for, it is the one asked for last', async (t) => {
  for (const [first, second] of [
    ['uniform', 'range'],
    ['range', 'uniform'],
  ] as const) {
    const group = new ConsumerGroup('group')
    group.putMember({ ...newMember('a'), serverAssignorName: first })
    const b = newMember('b')
    const after = { ...b, serverAssignorName: second }
    t.equal(preferredAssignorAfter(group, b, after), second)
    group.putMember(after)
    t.equal(preferredAssignor(group), 'uniform', 'it is described otherwise')
  }
})

t.test('nobody asks for an assignor', async (t) => {
  const group = new ConsumerGroup('group')
  t.equal(preferredAssignor(group), undefined)
  t.equal(preferredAssignorAfter(group, newMember('a'), newMember('a')), undefined)
})

t.test("groups are listed in the order of Kafka's tables, whatever they are", async (t) => {
  const groups = new GroupStore()
  for (const groupId of ['grp-1', 'grp-2', 'grp-3']) groups.create(groupId, 0)
  for (const groupId of ['grp-4', 'grp-5', 'grp-6']) groups.persistedConsumer(groupId)
  const order = () => groups.listed().map(({ groupId }) => groupId)
  t.strictSame(order(), ['grp-2', 'grp-4', 'grp-1', 'grp-6', 'grp-3', 'grp-5'])
  groups.consumer.delete('grp-4')
  t.strictSame(order(), ['grp-2', 'grp-1', 'grp-6', 'grp-3', 'grp-5'], 'the table keeps its size')
})

t.test('partitions are asked for their groups in the order of theirs', async (t) => {
  const order = partitionsInOrder([...Array(50).keys()])
  t.strictSame(order.slice(0, 8), [13, 46, 9, 42, 21, 17, 30, 26])
})

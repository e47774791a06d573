import t from 'tap'
import { ConfigResourceType } from '../../../src/metadata/config/resource.js'
import type { MetadataDelta } from '../../../src/metadata/delta.js'
import { InvalidMetadataError } from '../../../src/metadata/metadata-state.js'
import {
  decodeRecord,
  encodeRecord,
  UnsupportedMetadataError,
} from '../../../src/metadata/record.js'
import { recordVersions } from '../../../src/metadata/record-versions.js'
import {
  abort,
  begin,
  change,
  config,
  end,
  feature,
  load,
  ORDERS,
  PAYMENTS,
  partition,
  removeTopic,
  stateOf,
  topic,
  world,
} from './records.js'

t.test('a batch changes things once, however many records it has', async (t) => {
  const { commit, deltas, offsets, loader } = load()
  commit(
    feature('metadata.version', 30),
    topic('orders', ORDERS),
    partition(ORDERS, 0),
    partition(ORDERS, 1),
  )
  t.strictSame(offsets, [3])
  t.match(deltas[0], { featuresChanged: true, deletedTopics: [] })
  t.strictSame(
    deltas[0]!.createdTopics.map(({ name }) => name),
    ['orders'],
  )
  commit(change(ORDERS, 0, { isr: [1] }), change(ORDERS, 0, { leader: 2, isr: [2] }))
  t.equal(deltas[1]!.partitions.length, 1)
  const [{ before, after }] = deltas[1]!.partitions as [MetadataDelta['partitions'][number]]
  t.match(before, { leader: 1, isr: [1, 2], leaderEpoch: 0, partitionEpoch: 0 })
  t.match(after, { leader: 2, isr: [2], leaderEpoch: 1, partitionEpoch: 2 })
  t.equal(loader.image.topicsByName.get('orders')!.partitions.get(0), after)
})

t.test('a topic that is deleted and made again in one batch is both', async (t) => {
  const { commit, deltas } = load()
  commit(topic('orders', ORDERS), partition(ORDERS, 0))
  commit(removeTopic(ORDERS), topic('orders', PAYMENTS), partition(PAYMENTS, 0))
  t.strictSame(
    deltas[1]!.deletedTopics.map(({ id }) => id),
    [ORDERS],
  )
  t.strictSame(
    deltas[1]!.createdTopics.map(({ id }) => id),
    [PAYMENTS],
  )
  commit(topic('short', ORDERS), partition(ORDERS, 0), removeTopic(ORDERS))
  t.match(deltas[2], { createdTopics: [], deletedTopics: [], partitions: [] })
})

t.test('the objects of an image are replaced, never changed', async (t) => {
  const { commit, loader } = load()
  commit(topic('orders', ORDERS), partition(ORDERS, 0))
  const before = loader.image.topicsByName.get('orders')!
  commit(change(ORDERS, 0, { leader: 2 }))
  t.equal(before.partitions.get(0)!.leader, 1)
  t.equal(loader.image.topicsByName.get('orders')!.partitions.get(0)!.leader, 2)
})

t.test(
  'a metadata transaction is seen when it ends, and not at all when it is aborted',
  async (t) => {
    const { commit, loader, offsets } = load()
    commit(begin, topic('orders', ORDERS))
    t.ok(loader.inTransaction)
    t.notOk(loader.image.topicsByName.has('orders'))
    t.strictSame(offsets, [], 'nobody is told of a part of it')
    t.equal(loader.image.provenance.offset, -1)
    commit(partition(ORDERS, 0), end)
    t.notOk(loader.inTransaction)
    t.ok(loader.image.topicsByName.has('orders'))
    t.strictSame(offsets, [3])
    commit(begin, topic('payments', PAYMENTS), abort)
    t.notOk(loader.image.topicsByName.has('payments'))
    t.strictSame(offsets, [3, 6])
  },
)

t.test('a log that contradicts itself, or says what nobody knows, stops the node', async (t) => {
  const unknown = encodeRecord(end)
  unknown[1] = 99
  const cases: [string, (tools: ReturnType<typeof load>) => void, unknown][] = [
    [
      'a topic twice',
      ({ commit }) => commit(topic('a', ORDERS), topic('a', PAYMENTS)),
      InvalidMetadataError,
    ],
    ['an unknown topic', ({ commit }) => commit(removeTopic(ORDERS)), InvalidMetadataError],
    [
      'an unknown partition',
      ({ commit }) => commit(topic('a', ORDERS), change(ORDERS, 5, { leader: 1 })),
      InvalidMetadataError,
    ],
    [
      'an unknown broker',
      ({ commit }) => commit({ type: 'FenceBrokerRecord', version: 0, data: { id: 3, epoch: 1 } }),
      InvalidMetadataError,
    ],
    ['an end without a beginning', ({ commit }) => commit(end), InvalidMetadataError],
    ['a beginning within another', ({ commit }) => commit(begin, begin), InvalidMetadataError],
    [
      'a newer level',
      ({ commit }) => commit(feature('metadata.version', 31)),
      UnsupportedMetadataError,
    ],
    ['an unknown record', ({ raft }) => raft.replicate([unknown]), UnsupportedMetadataError],
  ]
  for (const [what, write, expected] of cases) {
    const tools = load()
    write(tools)
    t.equal(tools.faults.length, 1, what)
    t.type(tools.faults[0], expected as never, what)
    tools.commit(feature('group.version', 1))
    t.strictSame(tools.offsets, [], 'nothing is told any more')
  }
})

t.test('whoever comes late is told all that there is', async (t) => {
  const { commit, loader, raft } = load()
  commit(...world)
  raft.elect()
  const seen: [string[], number, number][] = []
  loader.install({
    onMetadataUpdate: ({ createdTopics, brokers }, image) =>
      void seen.push([
        createdTopics.map(({ name }) => name),
        brokers.size,
        image.provenance.offset,
      ]),
    onControllerChange: ({ leaderId }) => void seen.push([[], leaderId, -1]),
  })
  t.strictSame(seen, [
    [['orders'], 2, world.length - 1],
    [[], 1, -1],
  ])
})

t.test('a copy goes on by itself', async (t) => {
  const { commit, loader } = load()
  commit(...world)
  const copy = loader.copyState()
  copy.replay(decodeRecord(encodeRecord(change(ORDERS, 1, { leader: 2 }))))
  copy.replay(decodeRecord(encodeRecord(config('retention.ms', null))))
  copy.replay(decodeRecord(encodeRecord(topic('payments', PAYMENTS))))
  t.equal(loader.image.topicsById.get(ORDERS)!.partitions.get(1)!.leader, 1)
  t.equal(loader.image.configs(ConfigResourceType.TOPIC, 'orders').get('retention.ms'), '1000')
  t.notOk(loader.image.topicsByName.has('payments'))
})

t.test('clearing ELRs, of one topic or of all (KIP-966)', async (t) => {
  for (const topicName of ['orders', '']) {
    const image = stateOf(...world, { type: 'ClearElrRecord', version: 0, data: { topicName } })
    t.match(image.topicsByName.get('orders')!.partitions.get(0), { elr: [], lastKnownElr: [] })
  }
})

t.test('records have the versions that all nodes of the cluster can read', async (t) => {
  const at = (level: number) => recordVersions(new Map([['metadata.version', level]]))
  t.strictSame(at(7), {
    registerBroker: 1,
    partition: 0,
    registerController: false,
    transactions: false,
  })
  t.strictSame(at(30), {
    registerBroker: 4,
    partition: 2,
    registerController: true,
    transactions: true,
  })
})

import t from 'tap'
import type { Peer, RequestContext } from '../../../src/broker/handler.js'
import type { Exchange } from '../../../src/broker/interceptor.js'
import { ApiKey, type ApiName } from '../../../src/protocol/api-keys.js'
import { ZERO_UUID } from '../../../src/protocol/codec/index.js'
import { FetchWatch } from '../../../src/testing/fetch-watch.js'

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** A connection of a client, as far as the watch looks at it. */
class Client {
  readonly #peer = { closeListeners: new Set<() => void>() } as unknown as Peer

  constructor(
    readonly watch: FetchWatch,
    readonly clientId: string,
  ) {}

  ask(api: ApiName, request: object): void {
    const context = { peer: this.#peer, apiKey: ApiKey[api], clientId: this.clientId }
    const exchange = { context: context as RequestContext, request } as Exchange
    this.watch.intercept(exchange, () => ({}))
  }

  fetch(sessionEpoch: number, partitions: readonly number[], forgotten: readonly number[] = []) {
    const named = { topic: '', topicId: TOPIC_ID }
    this.ask('Fetch', {
      sessionEpoch,
      topics: [{ ...named, partitions: partitions.map((partition) => ({ partition })) }],
      forgottenTopicsData: [{ ...named, partitions: forgotten }],
    })
  }

  close(): void {
    for (const closed of this.#peer.closeListeners) closed()
  }
}

const member = { memberId: 'm', clientId: 'c' }
const isFetching = (watch: FetchWatch, partition: number, groupId = 'g') =>
  watch.isFetching(groupId, member, { topic: 'orders', topicId: TOPIC_ID, partition })

t.test('a member fetches once it has asked for a partition since it joined', async (t) => {
  const watch = new FetchWatch()
  const client = new Client(watch, 'c')
  client.fetch(-1, [0])
  client.ask('SyncGroup', { groupId: 'g', memberId: 'm' })
  t.notOk(isFetching(watch, 0), 'that was before')
  client.fetch(-1, [0])
  t.ok(isFetching(watch, 0))
  t.notOk(isFetching(watch, 1))
  client.ask('SyncGroup', { groupId: 'g', memberId: 'm' })
  t.ok(isFetching(watch, 0), 'it goes on through rebalances')
  client.ask('ConsumerGroupHeartbeat', { groupId: 'g', memberId: 'm', memberEpoch: 0 })
  t.notOk(isFetching(watch, 0), 'it has joined anew')
})

t.test('by name, too', async (t) => {
  const watch = new FetchWatch()
  const partitions = [{ partition: 0 }]
  const topics = [{ topic: 'orders', topicId: ZERO_UUID, partitions }]
  new Client(watch, 'c').ask('Fetch', { sessionEpoch: -1, topics, forgottenTopicsData: [] })
  t.ok(isFetching(watch, 0))
})

t.test('what a session has is fetched though it is not named again', async (t) => {
  const watch = new FetchWatch()
  const [coordinator, leader] = [new Client(watch, 'c'), new Client(watch, 'c')]
  leader.fetch(0, [0, 1])
  coordinator.ask('SyncGroup', { groupId: 'g', memberId: 'm' })
  t.notOk(isFetching(watch, 0))
  leader.fetch(1, [], [1])
  t.ok(isFetching(watch, 0))
  t.notOk(isFetching(watch, 1), 'forgotten')
  leader.fetch(0, [2])
  coordinator.ask('ConsumerGroupHeartbeat', { groupId: 'g', memberId: 'm', memberEpoch: 0 })
  leader.fetch(1, [])
  t.ok(isFetching(watch, 2))
  t.notOk(isFetching(watch, 0), 'another session')
})

t.test('others do not count: another client, group, or a connection that is gone', async (t) => {
  const watch = new FetchWatch()
  new Client(watch, 'other').fetch(-1, [0])
  const client = new Client(watch, 'c')
  client.ask('SyncGroup', { groupId: 'h', memberId: 'n' })
  client.fetch(-1, [0])
  t.notOk(isFetching(watch, 0))
  t.ok(
    watch.isFetching(
      'h',
      { memberId: 'n', clientId: 'c' },
      {
        topic: 'orders',
        topicId: TOPIC_ID,
        partition: 0,
      },
    ),
  )
  const gone = new Client(watch, 'c')
  gone.fetch(-1, [0])
  t.ok(isFetching(watch, 0))
  gone.close()
  t.notOk(isFetching(watch, 0))
})

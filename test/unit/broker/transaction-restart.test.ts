import t from 'tap'
import { type RunningBroker, startBroker } from '../../../src/index.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { type Body, Conversation } from '../../oracle/conversation.js'
import { createTopic, prepareEveryGroup, prepareTransactions } from '../../oracle/fixtures.js'
import { fetchBody } from '../../oracle/scripts/fetch.js'
import {
  completed,
  initProducer,
  produceBody,
  transactionalBatch,
} from '../../oracle/transaction-requests.js'
import { splitAddress } from '../../oracle/wire-client.js'
import { type Teardown, temporaryDirectory } from '../../support/teardown.js'

function talkTo(t: Teardown, { bootstrapServers }: RunningBroker): Conversation {
  const conversation = new Conversation(...splitAddress(bootstrapServers), () => {})
  t.teardown(() => conversation.close())
  return conversation
}

for (const committed of [true, false]) {
  const how = committed ? 'committed' : 'aborted'
  t.test(`a transaction outlives the broker, and is ${how} by the next one`, async (t) => {
    const directory = temporaryDirectory(t)
    const first = await startBroker({ directory })
    let to = talkTo(t, first)
    await prepareTransactions(to)
    await prepareEveryGroup(to)
    const topic = { name: 'kept', topicId: await createTopic(to, 'kept') }
    const producer = await initProducer(to, 'txn')
    const { transactionalId } = producer
    const batch = transactionalBatch(producer, 0)
    await to.quietly(ApiKey.Produce, 12, produceBody(12, topic, batch, { transactionalId }))
    const partitions = [{ partitionIndex: 0, committedOffset: 42n, committedMetadata: '' }]
    const offsets = { ...producer, groupId: 'group', topics: [{ name: 'kept', partitions }] }
    const answer = await to.quietly(ApiKey.TxnOffsetCommit, 5, offsets)
    t.equal(answer.topics[0].partitions[0].errorCode, ErrorCode.NONE)
    await first.close()

    const second = await startBroker({ directory })
    t.teardown(() => second.close())
    to = talkTo(t, second)
    await prepareTransactions(to)
    await prepareEveryGroup(to)
    const read = async (): Promise<Body> => {
      const body = fetchBody(12, { topic: 'kept' }, [{}], { isolationLevel: 1 })
      return (await to.quietly(ApiKey.Fetch, 12, body)).responses[0].partitions[0]
    }
    const offset = async (): Promise<Body> => {
      const topics = [{ name: 'kept', partitionIndexes: [0] }]
      const groups = [{ groupId: 'group', topics }]
      const fetched = await to.quietly(ApiKey.OffsetFetch, 8, { groups, requireStable: true })
      return fetched.groups[0].topics[0].partitions[0]
    }
    t.match(await read(), { highWatermark: 2, lastStableOffset: 0, abortedTransactions: [] })
    t.match(await offset(), { errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT })
    t.match(await to.quietly(ApiKey.EndTxn, 5, { ...producer, committed }), { errorCode: 0 })
    await completed(to, 'txn')
    t.match(await read(), {
      lastStableOffset: 3,
      abortedTransactions: committed ? [] : [{ firstOffset: 0 }],
    })
    t.match(await offset(), { errorCode: 0, committedOffset: committed ? 42n : -1n })
  })
}

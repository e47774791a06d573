import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { NotLeaderError } from '../../../src/raft/client.js'
import { RaftFault } from '../../../src/raft/core/follower.js'
import { batch, fetched, fetchRequest, TestReplica } from './replica.js'

const record = (text: string) => Buffer.from(text)

function leader(options = {}): TestReplica {
  const replica = new TestReplica(options)
  replica.becomeLeader()
  replica.completeAppends()
  return replica
}

t.test('a follower fetches from the end of its log, says how far it is, and appends', async (t) => {
  const replica = new TestReplica({ epochs: [{ epoch: 1, startOffset: 0 }], endOffset: 3 })
  const fetch = replica.followAndFetch(2, 2)
  t.match(fetch, {
    to: 2,
    request: { type: 'Fetch', epoch: 2, fetchOffset: 3, lastFetchedEpoch: 1, maxWaitMs: 500 },
  })
  const effects = replica.respond(
    fetch,
    fetched({ epoch: 2, highWatermark: 4, batches: [batch(3, 4, 1), batch(4, 6, 2)] }),
  )
  t.match(
    effects.filter(({ type }) => type === 'append'),
    [
      { epoch: 1, baseOffset: 3, endOffset: 4 },
      { epoch: 2, baseOffset: 4, endOffset: 6 },
    ],
  )
  t.equal(
    effects.some(({ type }) => type === 'send'),
    false,
    'the next fetch says that all before it is durable',
  )
  const after = replica.completeAppends()
  t.match(after, [
    { type: 'commit', highWatermark: 4 },
    { type: 'send', request: { type: 'Fetch', fetchOffset: 6, lastFetchedEpoch: 2 } },
  ])
})

t.test('batches that do not follow the log are not appended', async (t) => {
  const replica = new TestReplica()
  const fetch = replica.followAndFetch(2, 2)
  const effects = replica.respond(
    fetch,
    fetched({ epoch: 2, batches: [batch(0, 2, 2), batch(2, 3, 1), batch(3, 4, 2)] }),
  )
  t.match(
    effects.filter(({ type }) => type === 'append'),
    [{ baseOffset: 0, endOffset: 2 }],
    'an epoch never falls',
  )
})

t.test('what a majority has is committed', async (t) => {
  const replica = leader()
  replica.core.append(1, [record('a')], replica.nowMs)
  replica.completeAppends()
  t.equal(replica.core.highWatermark, undefined)
  const progress = replica.receive(
    fetchRequest({ replicaId: 2, fetchOffset: 1, lastFetchedEpoch: 1 }),
  )
  t.match(progress, [{ type: 'commit', highWatermark: 1 }, { type: 'replyWithEntries' }])
  replica.receive(fetchRequest({ replicaId: 3, fetchOffset: 2, lastFetchedEpoch: 1 }))
  t.equal(replica.core.highWatermark, 2)
})

t.test(
  'an entry of an earlier epoch is committed only with one of this epoch (Raft 5.4.2)',
  async (t) => {
    const replica = leader({
      quorumState: { epoch: 1, leaderId: -1, votedKey: undefined },
      epochs: [{ epoch: 1, startOffset: 0 }],
      endOffset: 5,
    })
    replica.receive(fetchRequest({ epoch: 2, replicaId: 2, fetchOffset: 5, lastFetchedEpoch: 1 }))
    t.equal(replica.core.highWatermark, undefined, 'a majority has it, and it may still be lost')
    replica.receive(fetchRequest({ epoch: 2, replicaId: 2, fetchOffset: 6, lastFetchedEpoch: 2 }))
    t.equal(replica.core.highWatermark, 6)
  },
)

t.test('what a leader has not on its disk is neither counted nor sent', async (t) => {
  const replica = leader()
  replica.core.append(1, [record('a')], replica.nowMs)
  replica.receive(fetchRequest({ replicaId: 2, fetchOffset: 1, lastFetchedEpoch: 1 }))
  t.equal(replica.core.highWatermark, 1)
  const waiting = fetchRequest({ replicaId: 2, fetchOffset: 1, lastFetchedEpoch: 1 })
  t.strictSame(replica.receive({ ...waiting, highWatermark: 1 }), [])
  const effects = replica.completeAppends()
  t.match(
    effects.filter(({ type }) => type === 'replyWithEntries'),
    [{ fromOffset: 1, upToOffset: 2 }],
    'the fetch that waited for it is answered',
  )
})

t.test('a fetch with nothing to tell waits, and is answered when its time is over', async (t) => {
  const replica = leader()
  replica.receive(fetchRequest({ replicaId: 2, fetchOffset: 1, lastFetchedEpoch: 1 }))
  const request = fetchRequest({
    replicaId: 2,
    fetchOffset: 1,
    lastFetchedEpoch: 1,
    highWatermark: 1,
  })
  t.strictSame(replica.receive(request), [])
  replica.pass(500)
  t.match(replica.takeOnly('reply'), [{ response: { error: 0, batches: [], highWatermark: 1 } }])
})

t.test(
  'a fetch that does not know the high watermark is answered at once (KIP-1166)',
  async (t) => {
    const replica = leader()
    replica.receive(fetchRequest({ replicaId: 2, fetchOffset: 1, lastFetchedEpoch: 1 }))
    t.match(
      replica.answerTo(
        fetchRequest({ replicaId: 3, fetchOffset: 1, lastFetchedEpoch: 1, highWatermark: -1 }),
      ),
      { highWatermark: 1 },
    )
  },
)

t.test('only so many fetches wait', async (t) => {
  const replica = leader({ config: { parkedFetchesMax: 1 } })
  const request = fetchRequest({ fetchOffset: 1, lastFetchedEpoch: 1, highWatermark: 1 })
  replica.receive({ ...request, replicaId: 2 })
  t.match(replica.answerTo({ ...request, replicaId: 3 }), { error: ErrorCode.NONE, batches: [] })
})

t.test('who does not lead answers no fetch', async (t) => {
  const replica = new TestReplica()
  replica.follow(2, 1)
  t.match(replica.answerTo(fetchRequest({ epoch: 1 })), {
    error: ErrorCode.NOT_LEADER_OR_FOLLOWER,
    leaderId: 2,
  })
  t.match(replica.answerTo(fetchRequest({ epoch: 2 })), { error: ErrorCode.UNKNOWN_LEADER_EPOCH })
})

t.test('fetches that wait are let go when leadership ends', async (t) => {
  const replica = leader()
  replica.receive(fetchRequest({ fetchOffset: 1, lastFetchedEpoch: 1, highWatermark: 1 }))
  replica.core.resign(1, replica.nowMs)
  t.match(replica.takeOnly('reply'), [{ response: { error: ErrorCode.NOT_LEADER_OR_FOLLOWER } }])
})

t.test(
  'a log that differs is told where the leader ends that epoch, and is cut there',
  async (t) => {
    const replica = leader({
      quorumState: { epoch: 3, leaderId: -1, votedKey: undefined },
      epochs: [
        { epoch: 1, startOffset: 0 },
        { epoch: 3, startOffset: 4 },
      ],
      endOffset: 6,
    })
    const answer = replica.answerTo(fetchRequest({ epoch: 4, fetchOffset: 7, lastFetchedEpoch: 2 }))
    t.match(answer, { error: ErrorCode.NONE, divergingEpoch: { epoch: 1, offset: 4 } })

    const follower = new TestReplica({
      epochs: [
        { epoch: 1, startOffset: 0 },
        { epoch: 2, startOffset: 5 },
      ],
      endOffset: 7,
    })
    const fetch = follower.followAndFetch(2, 4)
    const effects = follower.respond(
      fetch,
      fetched({ epoch: 4, divergingEpoch: { epoch: 1, offset: 4 } }),
    )
    t.match(effects, [
      { type: 'truncate', endOffset: 4 },
      { type: 'send', request: { type: 'Fetch', fetchOffset: 4, lastFetchedEpoch: 1 } },
    ])
  },
)

t.test('nothing committed is cut: the replica rather stops', async (t) => {
  const follower = new TestReplica({
    base: { offset: 5, epoch: 1 },
    epochs: [{ epoch: 1, startOffset: 5 }],
    endOffset: 7,
  })
  const fetch = follower.followAndFetch(2, 4)
  t.throws(
    () => follower.respond(fetch, fetched({ epoch: 4, divergingEpoch: { epoch: 1, offset: 3 } })),
    RaftFault,
  )
})

t.test('who asks for what is no longer in the log is told of the snapshot', async (t) => {
  const replica = leader({
    quorumState: { epoch: 2, leaderId: -1, votedKey: undefined },
    base: { offset: 10, epoch: 2 },
    endOffset: 10,
  })
  t.match(replica.answerTo(fetchRequest({ epoch: 3, fetchOffset: 4, lastFetchedEpoch: 1 })), {
    snapshotId: { offset: 10, epoch: 2 },
  })
})

t.test('a snapshot is fetched in pieces, installed, and the log goes on after it', async (t) => {
  const replica = new TestReplica()
  const fetch = replica.followAndFetch(2, 3)
  const snapshotId = { offset: 10, epoch: 2 }
  const asked = replica
    .respond(fetch, fetched({ epoch: 3, snapshotId }))
    .filter((effect) => effect.type === 'send')
  t.match(asked, [{ request: { type: 'FetchSnapshot', snapshotId, position: 0 } }])
  const piece = { type: 'FetchSnapshot', error: ErrorCode.NONE, leaderId: 2, epoch: 3 } as const
  const first = replica.respond(asked[0]!, {
    ...piece,
    snapshotId,
    size: 5,
    position: 0,
    bytes: Buffer.from('abc'),
  })
  t.match(first, [
    { type: 'storeSnapshotPiece', position: 0 },
    { type: 'send', request: { type: 'FetchSnapshot', position: 3 } },
  ])
  const last = replica.respond(first.find((effect) => effect.type === 'send')!, {
    ...piece,
    snapshotId,
    size: 5,
    position: 3,
    bytes: Buffer.from('de'),
  })
  t.match(last, [
    { type: 'storeSnapshotPiece', position: 3 },
    { type: 'installSnapshot', snapshotId },
    { type: 'commit', highWatermark: 10 },
    { type: 'send', request: { type: 'Fetch', fetchOffset: 10, lastFetchedEpoch: 2 } },
  ])
})

t.test('a snapshot that the leader no longer has is given up for the one it has', async (t) => {
  const replica = new TestReplica()
  const fetch = replica.followAndFetch(2, 3)
  const snapshotId = { offset: 10, epoch: 2 }
  const [asked] = replica
    .respond(fetch, fetched({ epoch: 3, snapshotId }))
    .filter((effect) => effect.type === 'send')
  replica.respond(asked!, {
    type: 'FetchSnapshot',
    error: ErrorCode.SNAPSHOT_NOT_FOUND,
    leaderId: 2,
    epoch: 3,
    snapshotId,
    size: 0,
    position: 0,
    bytes: Buffer.alloc(0),
  })
  replica.pass(50)
  t.match(replica.sent(), [{ request: { type: 'Fetch', fetchOffset: 0 } }])
})

t.test('only the leader of the epoch appends', async (t) => {
  const replica = leader()
  t.equal(replica.core.append(1, [record('a'), record('b')], replica.nowMs), 2)
  t.throws(() => replica.core.append(0, [record('a')], replica.nowMs), NotLeaderError)
  t.throws(() => replica.core.append(1, [], replica.nowMs), RangeError)
  const other = new TestReplica()
  t.throws(() => other.core.append(0, [record('a')], other.nowMs), NotLeaderError)
})

t.test('a response that nobody waits for changes nothing', async (t) => {
  const replica = new TestReplica()
  const fetch = replica.followAndFetch(2, 1)
  const response = fetched({ batches: [batch(0, 1, 1)] })
  replica.respond(fetch, response)
  t.equal(replica.core.log.endOffset, 1)
  t.strictSame(replica.respond(fetch, response), [], 'the same once more')
})

t.test('a follower asks again when there was no answer', async (t) => {
  const replica = new TestReplica()
  replica.take()
  replica.follow(2, 1)
  replica.pass(1)
  replica.take()
  replica.core.requestFailed(2, 2, replica.nowMs)
  t.strictSame(replica.sent(), [], 'not at once')
  replica.pass(20)
  t.match(replica.sent(), [{ to: 2, request: { type: 'Fetch' } }])
})

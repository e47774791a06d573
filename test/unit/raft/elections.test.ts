import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import {
  batch,
  beginQuorumEpoch,
  fetched,
  fetchRequest,
  TestReplica,
  vote,
  voteRequest,
} from './replica.js'

t.test(
  'a voter that hears of no leader asks for pre-votes, and spends no epoch on it',
  async (t) => {
    const replica = new TestReplica()
    t.equal(replica.stateName, 'unattached')
    t.match(replica.sent(), [{ request: { type: 'Fetch' } }], 'somebody may know the leader')
    const asked = replica.becomeProspective()
    t.strictSame(
      asked.map(({ to, request }) => [to, request.type === 'Vote' && request.preVote]),
      [
        [2, true],
        [3, true],
      ],
    )
    t.strictSame(replica.core.leaderAndEpoch, { leaderId: -1, epoch: 0 })
  },
)

t.test(
  'with a majority of pre-votes it stands in the next epoch, and votes for itself first',
  async (t) => {
    const replica = new TestReplica()
    const [toTwo] = replica.becomeProspective()
    const effects = replica.respond(toTwo!, vote({ epoch: 0 }))
    t.equal(replica.stateName, 'candidate')
    const kept = effects.findIndex(({ type }) => type === 'persist')
    const asked = effects.findIndex(({ type }) => type === 'send')
    t.match(effects[kept], { state: { epoch: 1, leaderId: -1, votedKey: { id: 1 } } })
    t.match(effects[asked], { request: { type: 'Vote', epoch: 1, preVote: false } })
    t.ok(kept < asked, 'the vote is kept before anybody hears of it')
  },
)

t.test(
  'with a majority of votes it leads, and begins its epoch with a leader change message',
  async (t) => {
    const replica = new TestReplica()
    const [preVote] = replica.becomeProspective()
    const candidacy = replica.respond(preVote!, vote({ epoch: 0 }))
    const asked = candidacy.filter((effect) => effect.type === 'send')
    const effects = replica.respond(asked[1]!, vote({ epoch: 1 }))
    t.equal(replica.stateName, 'leader')
    t.match(effects, [
      { type: 'persist', state: { epoch: 1, leaderId: 1 } },
      { type: 'leaderChange', leaderId: 1, epoch: 1, epochStartOffset: 0 },
      {
        type: 'append',
        epoch: 1,
        baseOffset: 0,
        endOffset: 1,
        entries: { kind: 'leaderChange', leaderId: 1, voters: [1, 2, 3], grantingVoters: [1, 3] },
      },
      { type: 'send', to: 2, request: { type: 'BeginQuorumEpoch', epoch: 1 } },
      { type: 'send', to: 3, request: { type: 'BeginQuorumEpoch', epoch: 1 } },
    ])
  },
)

t.test('a quorum of one asks nobody', async (t) => {
  const replica = new TestReplica({ voters: [1] })
  t.equal(replica.stateName, 'leader')
  t.strictSame(replica.sent(), [])
  replica.completeAppends()
  t.equal(replica.core.highWatermark, 1)
})

t.test('a replica that is no voter never stands', async (t) => {
  const observer = new TestReplica({ id: 4 })
  observer.pass(60_000)
  t.equal(observer.stateName, 'unattached')
})

t.test('a majority that says no ends the candidacy', async (t) => {
  const replica = new TestReplica()
  const [toTwo, toThree] = replica.becomeProspective()
  replica.respond(toTwo!, vote({ epoch: 0, granted: false }))
  t.equal(replica.stateName, 'prospective')
  replica.respond(toThree!, vote({ epoch: 0, granted: false }))
  t.equal(replica.stateName, 'unattached')
})

t.test('a voter votes once an epoch', async (t) => {
  const replica = new TestReplica()
  const effects = replica.receive(voteRequest({ epoch: 1, candidateId: 2 }))
  const kept = effects.findIndex(
    (effect) => effect.type === 'persist' && effect.state.votedKey?.id === 2,
  )
  const replied = effects.findIndex(({ type }) => type === 'reply')
  t.ok(kept >= 0 && kept < replied, 'the vote is kept before it is given')
  t.match(effects[replied], { response: { granted: true, epoch: 1 } })
  t.match(replica.answerTo(voteRequest({ epoch: 1, candidateId: 3 })), { granted: false })
  t.match(replica.answerTo(voteRequest({ epoch: 1, candidateId: 2 })), { granted: true })
  t.match(replica.answerTo(voteRequest({ epoch: 2, candidateId: 3 })), { granted: true })
})

t.test('a vote survives a restart', async (t) => {
  const votedKey = { id: 2, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' }
  const replica = new TestReplica({ quorumState: { epoch: 4, leaderId: -1, votedKey } })
  t.match(replica.answerTo(voteRequest({ epoch: 4, candidateId: 3 })), { granted: false })
  t.match(replica.answerTo(voteRequest({ epoch: 4, candidateId: 2 })), { granted: true })
})

t.test('nobody votes for a log that lacks what its own has', async (t) => {
  const log = { epochs: [{ epoch: 2, startOffset: 0 }], endOffset: 10 }
  const ask = (lastEpoch: number, lastOffset: number) =>
    new TestReplica(log).answerTo(voteRequest({ epoch: 4, lastEpoch, lastOffset }))
  t.match(ask(2, 9), { granted: false }, 'shorter')
  t.match(ask(1, 50), { granted: false }, 'longer, but of an older epoch')
  t.match(ask(2, 10), { granted: true })
  t.match(ask(3, 1), { granted: true }, 'shorter, but of a later epoch')
})

t.test('a pre-vote is a question and promises nothing', async (t) => {
  const replica = new TestReplica()
  t.match(replica.answerTo(voteRequest({ epoch: 0, candidateId: 2, preVote: true })), {
    granted: true,
  })
  t.match(replica.answerTo(voteRequest({ epoch: 0, candidateId: 3, preVote: true })), {
    granted: true,
  })
  t.strictSame(
    replica.take().filter(({ type }) => type === 'persist'),
    [],
  )
})

t.test('who is in touch with a leader grants no pre-vote', async (t) => {
  const ask = voteRequest({ epoch: 1, candidateId: 3, preVote: true })
  const replica = new TestReplica()
  const fetch = replica.followAndFetch(2, 1)
  t.match(replica.answerTo(ask), { granted: true }, 'it has only heard of the leader')
  replica.respond(fetch, fetched({ batches: [batch(0, 1, 1)] }))
  replica.completeAppends()
  t.match(replica.answerTo({ ...ask, lastEpoch: 1, lastOffset: 1 }), {
    granted: false,
    leaderId: 2,
  })
})

t.test('an old epoch is told of the new one', async (t) => {
  const replica = new TestReplica()
  replica.follow(2, 5)
  const expected = { error: ErrorCode.FENCED_LEADER_EPOCH, epoch: 5, leaderId: 2 }
  t.match(replica.answerTo(voteRequest({ epoch: 4 })), expected)
  t.match(replica.answerTo(beginQuorumEpoch({ epoch: 4, leaderId: 3, voterId: 1 })), expected)
  t.match(replica.answerTo(fetchRequest({ epoch: 4 })), expected)
})

t.test('a request for another voter, or one that makes no sense, is refused', async (t) => {
  const replica = new TestReplica()
  t.match(replica.answerTo(voteRequest({ voterId: 3 })), { error: ErrorCode.INVALID_VOTER_KEY })
  t.match(replica.answerTo(voteRequest({ epoch: 2, lastEpoch: 2 })), {
    error: ErrorCode.INVALID_REQUEST,
  })
  t.match(replica.answerTo(voteRequest({ epoch: 2, lastOffset: -1 })), {
    error: ErrorCode.INVALID_REQUEST,
  })
})

t.test('who led when it stopped never leads that epoch again', async (t) => {
  const replica = new TestReplica({
    quorumState: { epoch: 3, leaderId: 1, votedKey: undefined },
    epochs: [{ epoch: 3, startOffset: 0 }],
    endOffset: 4,
  })
  t.equal(replica.stateName, 'resigned')
  t.match(replica.sent(), [
    { to: 2, request: { type: 'EndQuorumEpoch', epoch: 3 } },
    { to: 3, request: { type: 'EndQuorumEpoch', epoch: 3 } },
  ])
  replica.becomeLeader()
  t.ok(replica.core.leaderAndEpoch.epoch > 3)
})

t.test('a leader that no majority fetches from resigns (KIP-835)', async (t) => {
  const replica = new TestReplica()
  replica.becomeLeader()
  replica.pass(2_900)
  t.equal(replica.stateName, 'leader')
  replica.receive(fetchRequest({ epoch: 1, replicaId: 2 }))
  replica.pass(2_900)
  t.equal(replica.stateName, 'leader', 'one of the others makes a majority')
  replica.receive(fetchRequest({ epoch: 1, replicaId: 4 }))
  replica.pass(200)
  t.not(replica.stateName, 'leader', 'who is no voter does not count')
})

t.test('a resigning leader tells the others, those with the most of its log first', async (t) => {
  const replica = new TestReplica()
  replica.becomeLeader()
  replica.core.append(1, [Buffer.from('a'), Buffer.from('b')], replica.nowMs)
  replica.completeAppends()
  replica.receive(fetchRequest({ epoch: 1, replicaId: 2, fetchOffset: 0 }))
  replica.receive(fetchRequest({ epoch: 1, replicaId: 3, fetchOffset: 1, lastFetchedEpoch: 1 }))
  replica.take()
  replica.core.resign(1, replica.nowMs)
  t.equal(replica.stateName, 'resigned')
  t.match(replica.sent(), [
    { to: 2, request: { type: 'EndQuorumEpoch', preferredCandidates: [3, 2] } },
    { to: 3, request: { type: 'EndQuorumEpoch', preferredCandidates: [3, 2] } },
  ])
})

t.test('the first in line stands at once when its leader resigns', async (t) => {
  const replica = new TestReplica()
  replica.follow(2, 1)
  const end = { type: 'EndQuorumEpoch', epoch: 1, leaderId: 2 } as const
  const second = new TestReplica()
  second.follow(2, 1)
  replica.answerTo({ ...end, preferredCandidates: [1, 3] })
  t.equal(replica.stateName, 'prospective')
  second.answerTo({ ...end, preferredCandidates: [3, 1] })
  t.equal(second.stateName, 'follower', 'the second gives it time')
  second.pass(500)
  t.equal(second.stateName, 'prospective')
})

t.test('a follower that hears nothing of its leader stands', async (t) => {
  const replica = new TestReplica()
  replica.follow(2, 1)
  replica.pass(1_990)
  t.equal(replica.stateName, 'follower')
  replica.pass(20)
  t.equal(replica.stateName, 'prospective')
  t.strictSame(replica.core.leaderAndEpoch, { leaderId: 2, epoch: 1 }, 'the leader may still live')
})

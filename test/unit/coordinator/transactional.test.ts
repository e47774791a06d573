import t from 'tap'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import {
  baseSequence,
  ControlRecordType,
  controlRecordType,
  isControl,
  isTransactional,
  producerEpoch,
  producerId,
  recordsOf,
} from '../../../src/protocol/records/index.js'
import { Asked, settle } from './asked.js'
import { CHECK_INTERVAL_MS, GROUP, type Member, RETENTION_MS, TestGroups } from './group-fixture.js'

const PRODUCER = 7

interface TxnCommitOptions extends Partial<Member> {
  readonly producer?: number
  readonly metadata?: string
  readonly apiVersion?: number
  readonly groupId?: string
}

/** Commits offsets of partition 0 of topics in a transaction. @returns the error code of each */
async function txnCommit(
  groups: TestGroups,
  offsets: Record<string, bigint>,
  more: TxnCommitOptions = {},
): Promise<number[]> {
  const answer = await groups.coordinator.txnOffsetCommit(
    { ...groups.context, apiVersion: more.apiVersion ?? 5 },
    {
      transactionalId: 'txn',
      groupId: more.groupId ?? GROUP,
      producerId: more.producer ?? PRODUCER,
      producerEpoch: 3,
      generationId: more.generationId ?? -1,
      memberId: more.memberId ?? '',
      groupInstanceId: more.groupInstanceId ?? null,
      topics: Object.entries(offsets).map(([name, committedOffset]) => ({
        name,
        partitions: [
          {
            partitionIndex: 0,
            committedOffset,
            committedLeaderEpoch: -1,
            committedMetadata: more.metadata ?? '',
          },
        ],
      })),
    },
  )
  return answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
}

function end(groups: TestGroups, committed: boolean, producer = PRODUCER): Promise<void> {
  return groups.coordinator.completeTransaction(0, {
    producerId: producer,
    producerEpoch: 4,
    coordinatorEpoch: 9,
    committed,
    transactionVersion: 2,
  })
}

t.test('offsets of a transaction count once its marker is on the log', async (t) => {
  const groups = new TestGroups()
  await groups.commit({ a: 1n })
  t.strictSame(await txnCommit(groups, { a: 5n, b: 6n }), [0, 0])
  t.strictSame(await groups.committed(), { a: 1n })
  t.strictSame(await groups.committed(true), { a: ErrorCode.UNSTABLE_OFFSET_COMMIT })
  groups.log.holdsAppends = true
  const ended = new Asked(end(groups, true))
  await settle()
  t.strictSame(await groups.committed(), { a: 1n })
  groups.log.completeAppends()
  await settle()
  t.ok(ended.isSettled)
  t.strictSame(await groups.committed(true), { a: 5n, b: 6n })
  t.strictSame(await groups.restart().committed(true), { a: 5n, b: 6n })
})

t.test('offsets of an aborted transaction are as if they had never been', async (t) => {
  const groups = new TestGroups()
  await groups.commit({ a: 1n })
  await txnCommit(groups, { a: 5n })
  await txnCommit(groups, { b: 8n }, { producer: 8 })
  await end(groups, false)
  t.strictSame(await groups.committed(true), { a: 1n })
  await end(groups, true, 8)
  t.strictSame(await groups.committed(true), { a: 1n, b: 8n })
  t.strictSame(await groups.restart().committed(true), { a: 1n, b: 8n })
})

t.test('batches and markers are as Kafka writes them', async (t) => {
  const groups = new TestGroups()
  await txnCommit(groups, { a: 5n })
  await end(groups, true)
  const [offsets, marker] = groups.log.batches as [Buffer, Buffer]
  t.ok(isTransactional(offsets, 0))
  t.notOk(isControl(offsets, 0))
  t.strictSame([producerId(offsets, 0), producerEpoch(offsets, 0)], [PRODUCER, 3])
  t.equal(baseSequence(offsets, 0), 0)
  t.ok(isTransactional(marker, 0) && isControl(marker, 0))
  t.strictSame([producerId(marker, 0), producerEpoch(marker, 0)], [PRODUCER, 4])
  const [record] = [...recordsOf(marker, 0)]
  t.equal(controlRecordType(record!.key), ControlRecordType.COMMIT)
  t.equal(record!.value!.readInt32BE(2), 9)
})

t.test(
  'the transaction coordinator is asked first, and its guard goes with the append',
  async (t) => {
    const groups = new TestGroups()
    for (const apiVersion of [3, 4, 5]) await txnCommit(groups, { a: 5n }, { apiVersion })
    t.match(groups.log.verified, [
      { transactionalId: 'txn', producerId: PRODUCER, producerEpoch: 3, operation: 'defaultError' },
      { operation: 'genericError' },
      { operation: 'addPartition' },
    ])
    t.match(groups.log.contexts, Array(3).fill({ guard: groups.log.guard }))
    await end(groups, true)
    t.match(groups.log.contexts[3], { transactionVersion: 2 })
  },
)

t.test('what the transaction coordinator refuses is not appended', async (t) => {
  const groups = new TestGroups()
  const { NETWORK_EXCEPTION, COORDINATOR_LOAD_IN_PROGRESS, INVALID_PRODUCER_EPOCH } = ErrorCode
  for (const [code, answered] of [
    [ErrorCode.CONCURRENT_TRANSACTIONS, ErrorCode.CONCURRENT_TRANSACTIONS],
    [INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_EPOCH],
    [NETWORK_EXCEPTION, COORDINATOR_LOAD_IN_PROGRESS],
  ] as const) {
    groups.log.verificationError = new KafkaError(code)
    t.strictSame(await txnCommit(groups, { a: 5n, b: 6n }), [answered, answered])
  }
  t.equal(groups.log.logEndOffset, 0)
})

t.test('a refused append fails for itself alone', async (t) => {
  const groups = new TestGroups()
  await txnCommit(groups, { a: 1n }, { producer: 8 })
  groups.log.refusal = new KafkaError(ErrorCode.INVALID_TXN_STATE)
  t.strictSame(await txnCommit(groups, { a: 5n }), [ErrorCode.INVALID_TXN_STATE])
  groups.log.refusal = new KafkaError(ErrorCode.TRANSACTION_COORDINATOR_FENCED)
  await t.rejects(end(groups, true, 8), { code: ErrorCode.TRANSACTION_COORDINATOR_FENCED })
  groups.log.refusal = undefined
  t.strictSame(await groups.committed(), {})
  await end(groups, true, 8)
  t.strictSame(await groups.committed(), { a: 1n })
})

t.test('markers for a partition that is not coordinated here', async (t) => {
  const groups = new TestGroups()
  groups.coordinator.onResignation(0)
  await t.rejects(end(groups, true), { code: ErrorCode.NOT_LEADER_OR_FOLLOWER })
  t.strictSame(await txnCommit(groups, { a: 5n }), [ErrorCode.NOT_COORDINATOR])
})

t.test('who may commit in a transaction', async (t) => {
  const groups = new TestGroups()
  const { ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID } = ErrorCode
  t.strictSame(await txnCommit(groups, { a: 1n }, { groupId: '' }), [ErrorCode.INVALID_GROUP_ID])
  t.strictSame(await txnCommit(groups, { a: 1n }, { generationId: 0 }), [ILLEGAL_GENERATION])
  t.strictSame(await txnCommit(groups, { a: 1n }, { metadata: 'x'.repeat(101) }), [
    ErrorCode.OFFSET_METADATA_TOO_LARGE,
  ])
  const [member] = await groups.stable(null)
  const { memberId, generationId } = member!
  t.strictSame(await txnCommit(groups, { a: 1n }, member), [0])
  t.strictSame(await txnCommit(groups, { a: 1n }), [0], 'old clients do not say who they are')
  t.strictSame(await txnCommit(groups, { a: 1n }, { generationId, memberId: 'who' }), [
    UNKNOWN_MEMBER_ID,
  ])
  t.strictSame(await txnCommit(groups, { a: 1n }, { memberId, generationId: generationId + 1 }), [
    ILLEGAL_GENERATION,
  ])
  t.strictSame(await txnCommit(groups, { a: 1n }, { generationId }), [UNKNOWN_MEMBER_ID])
})

t.test('pending offsets are kept from expiring, and go with their group', async (t) => {
  const groups = new TestGroups()
  await groups.commit({ a: 1n, b: 2n })
  await txnCommit(groups, { a: 5n })
  groups.logical.advance(RETENTION_MS + CHECK_INTERVAL_MS)
  await settle()
  t.strictSame(await groups.committed(), { a: 1n })
  const [deleted] = await groups.coordinator.deleteGroups(groups.context, [GROUP])
  t.equal(deleted!.errorCode, 0)
  await end(groups, true)
  t.strictSame(await groups.committed(), {})
  t.strictSame(await groups.restart().committed(), {})
})

import t from 'tap'
import {
  type ConsumerGroupMember,
  MemberState,
  newMember,
} from '../../../src/coordinator/group/consumer/consumer-group-member.js'
import {
  type OwnedPartitions,
  type Reconciliation,
  reconcile,
} from '../../../src/coordinator/group/consumer/current-assignment.js'
import { ErrorCode } from '../../../src/protocol/errors.js'

/** Partitions of the one topic there is, with the epochs at which they were assigned. */
type Epochs = Readonly<Record<number, number>>

const TOPIC = 'topic'
const { STABLE, UNREVOKED_PARTITIONS, UNRELEASED_PARTITIONS, UNKNOWN } = MemberState

function assignment(epochs: Epochs) {
  const partitions = Object.entries(epochs).map(([key, epoch]) => [Number(key), epoch] as const)
  return new Map(partitions.length === 0 ? [] : [[TOPIC, new Map(partitions)]])
}

interface Before {
  readonly state?: ConsumerGroupMember['state']
  readonly epoch?: number
  readonly assigned?: Epochs
  readonly revoking?: Epochs
}

function member({ state = STABLE, epoch = 10, assigned = {}, revoking = {} }: Before) {
  return {
    ...newMember('a'),
    state,
    memberEpoch: epoch,
    previousMemberEpoch: epoch - 1,
    assignedPartitions: assignment(assigned),
    partitionsPendingRevocation: assignment(revoking),
  }
}

interface Given {
  readonly target?: readonly number[]
  readonly owned?: readonly number[] | null
  /** Partitions that other members have. */
  readonly others?: readonly number[]
  readonly isSubscribed?: boolean
  readonly epoch?: number
}

/** One step on the way to a target assignment at epoch 11. */
function step(before: Before, given: Given) {
  const { target = [], owned = [], others = [], isSubscribed = true, epoch = 11 } = given
  const ownedPartitions: OwnedPartitions =
    owned === null ? null : [{ topicId: TOPIC, partitions: [...owned] }]
  const reconciliation: Reconciliation = {
    targetAssignmentEpoch: epoch,
    targetAssignment: new Map([[TOPIC, new Set(target)]]),
    subscribedTopicIds: new Set(isSubscribed ? [TOPIC] : []),
    hasSubscriptionChanged: !isSubscribed,
    partitionEpoch: (_, partition) => {
      const own = { ...before.assigned, ...before.revoking }
      return others.includes(partition) || own[partition] !== undefined ? 10 : -1
    },
    owned: owned?.length === 0 ? [] : ownedPartitions,
  }
  const after = reconcile(member(before), reconciliation)
  const epochs = (map: ConsumerGroupMember['assignedPartitions']) =>
    Object.fromEntries(map.get(TOPIC) ?? [])
  return {
    state: after.state,
    epoch: after.memberEpoch,
    previous: after.previousMemberEpoch,
    assigned: epochs(after.assignedPartitions),
    revoking: epochs(after.partitionsPendingRevocation),
  }
}

t.test('a stable member at the epoch of its target stays where it is', async (t) => {
  t.match(step({ epoch: 11, assigned: { 1: 5 } }, { target: [1] }), {
    state: STABLE,
    epoch: 11,
    previous: 10,
    assigned: { 1: 5 },
  })
})

t.test('what is free comes at once, and what stays keeps its epoch', async (t) => {
  t.strictSame(step({ assigned: { 1: 5 } }, { target: [1, 2], owned: [1] }), {
    state: STABLE,
    epoch: 11,
    previous: 10,
    assigned: { 1: 5, 2: 11 },
    revoking: {},
  })
})

t.test('what goes is given up before anything comes', async (t) => {
  const revoking = step({ assigned: { 1: 5, 2: 5 } }, { target: [2, 3], owned: [1, 2] })
  t.strictSame(revoking, {
    state: UNREVOKED_PARTITIONS,
    epoch: 10,
    previous: 10,
    assigned: { 2: 5 },
    revoking: { 1: 5 },
  })
  const before = { state: UNREVOKED_PARTITIONS, assigned: { 2: 5 }, revoking: { 1: 5 } }
  const still = { state: UNREVOKED_PARTITIONS, epoch: 10, assigned: { 2: 5 }, revoking: { 1: 5 } }
  t.match(step(before, { target: [2, 3], owned: [1, 2] }), still)
  t.match(step(before, { target: [2, 3], owned: null }), still, 'it says nothing of what it has')
  t.match(step(before, { target: [2, 3], owned: [2] }), {
    state: STABLE,
    epoch: 11,
    assigned: { 2: 5, 3: 11 },
    revoking: {},
  })
})

t.test('what it does not have need not be given up', async (t) => {
  t.match(step({ assigned: { 1: 5, 2: 5 } }, { target: [2], owned: [2] }), {
    state: STABLE,
    epoch: 11,
    assigned: { 2: 5 },
    revoking: {},
  })
})

t.test("what is another's comes when that one has given it up", async (t) => {
  t.match(step({ assigned: { 1: 5 } }, { target: [1, 2, 3], owned: [1], others: [2] }), {
    state: UNRELEASED_PARTITIONS,
    epoch: 11,
    assigned: { 1: 5, 3: 11 },
  })
  const before = { state: UNRELEASED_PARTITIONS, epoch: 11, assigned: { 1: 5, 3: 11 } }
  t.match(step(before, { target: [1, 2, 3], owned: [1, 3], others: [2] }), {
    state: UNRELEASED_PARTITIONS,
    assigned: { 1: 5, 3: 11 },
  })
  t.match(step(before, { target: [1, 2, 3], owned: [1, 3] }), {
    state: STABLE,
    epoch: 11,
    assigned: { 1: 5, 2: 11, 3: 11 },
  })
})

t.test('a target that changes meanwhile is what counts', async (t) => {
  const before = { state: UNREVOKED_PARTITIONS, assigned: { 2: 5 }, revoking: { 1: 5 } }
  t.match(step(before, { target: [1], owned: [2], epoch: 12 }), {
    state: UNREVOKED_PARTITIONS,
    epoch: 10,
    assigned: {},
    revoking: { 2: 5 },
  })
  t.match(step(before, { target: [1, 2], owned: [2], epoch: 12 }), {
    state: STABLE,
    epoch: 12,
    assigned: { 1: 12, 2: 5 },
  })
})

t.test('what it has unsubscribed from goes before there is another target', async (t) => {
  const before = { epoch: 11, assigned: { 1: 5 } }
  t.match(step(before, { target: [1], owned: [1], isSubscribed: false }), {
    state: UNREVOKED_PARTITIONS,
    epoch: 11,
    assigned: {},
    revoking: { 1: 5 },
  })
  t.match(step(before, { target: [1], owned: [], isSubscribed: false }), {
    state: STABLE,
    epoch: 11,
    previous: 11,
    assigned: {},
    revoking: {},
  })
  const revoking = {
    state: UNREVOKED_PARTITIONS,
    assigned: { 2: 5 },
    revoking: { 1: 5 },
  }
  t.match(step(revoking, { target: [2], owned: [1, 2], isSubscribed: false }), {
    state: UNREVOKED_PARTITIONS,
    epoch: 10,
    assigned: {},
    revoking: { 1: 5, 2: 5 },
  })
})

t.test('a member in a state of a later version begins anew, with nothing', async (t) => {
  const before = { state: UNKNOWN, assigned: { 1: 5 } }
  const fenced = { code: ErrorCode.FENCED_MEMBER_EPOCH }
  t.throws(() => step(before, { target: [1], owned: [1] }), fenced)
  t.throws(() => step(before, { target: [1], owned: null }), fenced)
  t.match(step(before, { target: [1, 2], owned: [] }), {
    state: STABLE,
    epoch: 11,
    assigned: { 1: 5, 2: 11 },
  })
})

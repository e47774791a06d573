const positions = {
  before: null,
  first: [0, 1, 2, 3, 4],
  sync: 5,
  async: 3,
  paused: 1,
  committed: [3, 'note'],
  resumed: [5, 6, 7, 8, 9],
  position: 17,
  sought: [17, 18, 19],
  begin: [0, 1, 2, 3, 4],
  commit_unsubscribed: null,
  next: 9,
}

const copied = {
  copied: 300,
  distinct: 300,
  offsets: true,
  fenced: 'ProducerFencedException',
  aborted: true,
  more_written: true,
}

const migrated = {
  types: ['Classic', 'Consumer', 'Consumer', 'Consumer', 'Consumer', 'Consumer', 'Classic'],
  all_read: true,
  all_committed: true,
  failures: [],
}

const shared = (assignor: string) => ({
  described: ['CLASSIC', 'STABLE', assignor, [2, 2, 2]],
  committed: 60,
})

const bothListed = ['classic Classic consumer Stable', 'consumer Consumer consumer Stable']

/** For each scenario what Apache Kafka makes its Java client see. */
export const EXPECTED: Record<string, unknown> = {
  migration_with_range: migrated,
  migration_with_cooperative_sticky: migrated,
  regular_expression: { topics: ['ab', 'abc', 'ac'], refused: 'InvalidRegularExpression' },
  copy_in_a_classic_group: copied,
  copy_in_a_consumer_group: copied,
  fenced_producer: {
    commit: 'ProducerFencedException',
    again: 'ProducerFencedException',
    send: 'InvalidProducerEpochException',
    abort: 'ProducerFencedException',
    read: ['3'],
  },
  transaction_timeout: {
    commit: 'InvalidTxnStateException',
    abort: 'KafkaException',
    read: ['5'],
    too_long: 'KafkaException',
  },
  aborted_by_an_error: {
    send: 'RecordTooLargeException',
    commit: 'RecordTooLargeException',
    abort: null,
    empty: null,
    read: ['1'],
  },
  offsets_of_a_stale_member: {
    classic_live: 3,
    classic_stale: 'CommitFailedException',
    classic_abort: null,
    consumer_live: 3,
    consumer_stale: 'CommitFailedException',
    consumer_abort: null,
  },
  isolation: { committed: [[], ['2', '3']], all: ['1', '2', '3'] },
  transactions_described: {
    empty: ['EMPTY', 0, false],
    ongoing: ['ONGOING', 2, true],
    complete: ['COMPLETE_COMMIT', 0, true],
    timeout: 54321,
    coordinator: 1,
    same_producer: true,
    bumped: 1,
    open_since: 0,
    closed_since: -1,
    coordinator_epoch_known: true,
    unknown: 'TransactionalIdNotFoundException',
    producers_of_no_topic: 'TimeoutException',
  },
  transactions_listed: {
    all: ['aborted CompleteAbort', 'idle Empty', 'open Ongoing'],
    ongoing: ['open Ongoing'],
    by_producer: ['open Ongoing'],
    // One that has never begun anything counts as old.
    running_an_hour: ['idle Empty'],
    by_pattern: ['aborted CompleteAbort', 'idle Empty'],
    bad_pattern: 'InvalidRegularExpression',
  },
  abort_by_the_admin: {
    before: [],
    wrong_epoch: 'UnknownServerException',
    aborted: null,
    after: ['3', '4'],
  },
  fenced_by_the_admin: {
    commit: 'ProducerFencedException',
    state: 'EMPTY',
    never_used: 0,
    read: [],
  },
  classic_Range: shared('range'),
  classic_RoundRobin: shared('roundrobin'),
  classic_Sticky: shared('sticky'),
  classic_CooperativeSticky: shared('cooperative-sticky'),
  classic_static_members: { same: true, turned_out: 'FencedInstanceIdException', noticed: 0 },
  uniform: {
    described: [
      ['CONSUMER', 'STABLE', 'uniform', [6]],
      ['CONSUMER', 'STABLE', 'uniform', [3, 3]],
      ['CONSUMER', 'STABLE', 'uniform', [2, 2, 2]],
    ],
    epochs_agree: true,
    read: 200,
    committed: 200,
    left: ['CONSUMER', 'EMPTY', 'uniform', []],
  },
  range: {
    shares: [
      ['one-0', 'one-1', 'two-0', 'two-1'],
      ['one-2', 'two-2'],
    ],
    described: ['CONSUMER', 'STABLE', 'range', [2, 4]],
  },
  unknown_assignor: {
    failure: 'UnsupportedAssignorException',
    message: 'ServerAssignor none-such is not supported. Supported assignors: uniform, range.',
  },
  static_members: {
    while_away: 2,
    same: true,
    taken: 'UnreleasedInstanceIdException',
    noticed: 0,
    instances: ['first', 'second'],
    read: 20,
  },
  new_partitions_and_topics: { read: 60 },
  max_poll_interval: { members: 1, commit: 'CommitFailedException', read: 20 },
  different_subscriptions: { topics: [['one'], ['two']] },
  positions_in_a_classic_group: positions,
  positions_in_a_consumer_group: positions,
  auto_commit_in_a_consumer_group: { begins: [0, 5, 10], committed: 15 },
  groups_described: {
    described: [
      ['CLASSIC', 'STABLE', 'range', [2]],
      ['one', true, false, '?', -1],
      ['CONSUMER', 'STABLE', 'uniform', [2]],
      ['one', true, true, 'true', 2],
    ],
    classic: ['consumer', 'range', 'STABLE', 1],
    consumer_as_classic: 'GroupIdNotFoundException',
    unknown: 'GroupIdNotFoundException',
  },
  groups_listed: {
    all: [...bothListed, 'simple Classic  Empty'],
    consumer_groups: [...bothListed, 'simple Classic  Empty'],
    share_groups: [],
    of_type_classic: ['classic Classic consumer Stable', 'simple Classic  Empty'],
    of_type_consumer: ['consumer Consumer consumer Stable'],
    stable: bothListed,
    empty: ['simple Classic  Empty'],
    simple: ['simple Classic  Empty'],
  },
  groups_deleted: {
    live: Array(4).fill('GroupNotEmptyException'),
    empty: [null, 'GroupIdNotFoundException', null, 'GroupIdNotFoundException'],
    left: [],
  },
  offsets_altered: {
    classic: ['UnknownMemberIdException', 'GroupSubscribedToTopicException', null, 2, null, false],
    consumer: ['UnknownMemberIdException', 'GroupSubscribedToTopicException', null, 2, null, false],
  },
  members_removed: {
    classic: ['UnknownMemberIdException', 'joined again'],
    consumer: ['UnknownMemberIdException', 'joined again'],
  },
  group_configs: {
    values: ['150', '200'],
    too_small: 'InvalidConfigurationException',
    no_number: 'InvalidConfigurationException',
    unknown: 'InvalidConfigurationException',
    listed: true,
  },
}

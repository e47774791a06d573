import type { BrokerOptions, RunningBroker } from './testing/running-broker.js'
import { TestBroker } from './testing/test-broker.js'

export type { Logger } from './env/logger.js'
export type { ApiName } from './protocol/api-keys.js'
export type { ErrorName } from './protocol/errors.js'
export { KafkaError } from './protocol/errors.js'
export type {
  ClientOptions,
  KafkajsOptions,
  LibrdkafkaOptions,
  PlatformaticOptions,
} from './testing/client-options.js'
export type {
  ApiSelector,
  DiskOperation,
  FaultAction,
  FaultKind,
  FaultMoment,
  FaultOptions,
  FaultSelectors,
  FaultSpec,
  FaultTriggers,
  NameSelector,
} from './testing/faults/fault-spec.js'
export type { Fault, Faults } from './testing/faults/faults.js'
export type {
  Journal,
  JournalEntry,
  JournalFilter,
  JournalOutcome,
} from './testing/journal-entry.js'
export type { ProfileName } from './testing/profiles.js'
export type {
  BrokerClock,
  BrokerOptions,
  Duration,
  JournalOptions,
  RunningBroker,
} from './testing/running-broker.js'
export type {
  GroupSeed,
  RecordSeed,
  Seed,
  SeedValue,
  TopicSeed,
} from './testing/seed/seed.js'
export type { BrokerSnapshot } from './testing/snapshot/snapshot.js'
export type {
  AssignmentExpectation,
  CommitExpectation,
  GroupDescription,
  GroupExpectation,
  GroupMemberView,
  GroupOffsetView,
  GroupState,
  GroupView,
  PartitionView,
  RecordQuery,
  RecordView,
  TopicView,
  TransactionView,
  WaitOptions,
} from './testing/views.js'
export { WaitTimeoutError } from './testing/views.js'

/**
 * Starts a broker in this process, on 127.0.0.1 and ::1. When this resolves, clients can use it. As
 * many as you like run side by side, each with its own cluster.
 *
 *     await using broker = await startBroker()
 *     const kafka = new Kafka(broker.clients.kafkajs())
 *
 * @throws Error with a message for the user: a port that is in use, a value that can't be used, a
 *   directory that belongs to another broker
 */
export function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  return TestBroker.start(options)
}

import type { Logger } from '../env/logger.js'
import type { ApiName } from '../protocol/api-keys.js'
import type { ClientOptions } from './client-options.js'
import type { Faults } from './faults/faults.js'
import type { Journal, JournalEntry } from './journal-entry.js'
import type { ProfileName } from './profiles.js'
import type { Seed } from './seed/seed.js'
import type { BrokerSnapshot } from './snapshot/snapshot.js'
import type {
  AssignmentExpectation,
  CommitExpectation,
  GroupDescription,
  GroupExpectation,
  GroupOffsetView,
  GroupView,
  RecordQuery,
  RecordView,
  TopicView,
  TransactionView,
  WaitOptions,
} from './views.js'

/** A length of time: milliseconds, or a number with its unit: `'45s'`, `'1.5h'`, `'7d'`, `'200ms'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** The time that sessions, transactions, retention and segments go by. */
export interface BrokerClock {
  readonly isVirtual: boolean
  /** Milliseconds since the Unix epoch. */
  now(): number
  /**
   * Moves a virtual clock on; what falls due on the way happens in its order. Resolves when that is
   * done. Long polls, sockets and the clients' own clocks keep the machine's time.
   *
   * @throws TypeError when the clock isn't virtual, or for what isn't a length of time
   */
  advance(duration: Duration): Promise<void>
}

/** How many exchanges the journal keeps. */
export interface JournalOptions {
  /** 10,000 unless said; 0 keeps none. */
  readonly maxEntries?: number
  /** What they take up on the wire, all together; 64 MiB unless said. */
  readonly maxBytes?: number
}

/** How a broker is to be started. Everything may be left out. */
export interface BrokerOptions {
  /**
   * What it is configured as before {@link config}: `test`, which is so unless said, has nobody wait
   * for what only matters in production; `kafka` is what Apache Kafka ships for a single node.
   */
  readonly profile?: ProfileName
  /** Where it listens; a port of its own is chosen where none is given. */
  readonly port?: number
  /** `virtual`: the logical clock stands still until it is moved. `system` unless said. */
  readonly clock?: 'system' | 'virtual'
  /** The release of Apache Kafka, e.g. `2.8`, whose API versions it is to have; 4.3 unless said. */
  readonly asVersion?: string
  readonly journal?: JournalOptions
  /** Where its data is kept, and found again by the next broker there; otherwise in memory. */
  readonly directory?: string
  /** What it may take up in memory, where there is no directory: bytes, 1 GiB unless said. */
  readonly memoryBytes?: number
  /**
   * What it begins with, or the path of a file of that: YAML, JSON, JSONL or CSV; or several. Topics
   * of the {@link directory} that have had records get no more, and its groups keep their offsets.
   */
  readonly seed?: Seed | string | readonly (Seed | string)[]
  /** Configuration by Kafka's names, over that of the profile: `{'num.partitions': '3'}`. */
  readonly config?: Readonly<Record<string, string>>
  /**
   * Opens the HTTP control API on this port of the loopback addresses, 0 for one that the system
   * chooses: {@link RunningBroker.controlUrl}. It isn't opened unless said.
   */
  readonly controlPort?: number
  /** What the broker has to say; it is silent without. A pino logger will do. */
  readonly logger?: Logger
  /** The broker can't go on, because its disks have failed: it should be closed. */
  readonly onFailure?: (error: Error) => void
}

/** A broker in this process. */
export interface RunningBroker {
  /** `host:port`, for the clients' configuration. */
  readonly bootstrapServers: string
  readonly clusterId: string
  readonly nodeId: number
  readonly profile: ProfileName
  readonly clients: ClientOptions
  readonly faults: Faults
  readonly journal: Journal
  readonly clock: BrokerClock
  /** Where the HTTP control API is: `http://127.0.0.1:port`; undefined when it wasn't asked for. */
  readonly controlUrl: string | undefined

  /**
   * Tells clients from now on to come to `address` (`host:port`), as behind a forwarded port; null:
   * to where they have come to, as from the start unless `advertised.listeners` is set.
   *
   * @throws TypeError for what isn't an address
   */
  advertise(address: string | null): void

  topic(name: string): TopicView
  group(groupId: string): GroupView
  /** Names of all topics but Kafka's own. */
  topics(): readonly string[]
  /** Ids of all groups. */
  groups(): Promise<readonly string[]>
  transactions(): Promise<readonly TransactionView[]>

  /** Resolves with the topic's records when there are at least `n`. */
  waitForMessages(
    topic: string,
    n: number,
    options?: WaitOptions & RecordQuery,
  ): Promise<readonly RecordView[]>
  waitForGroup(groupId: string, expected?: GroupExpectation): Promise<GroupDescription>
  /** Resolves when members have all partitions that they are to have, and fetch from them. */
  waitForAssignment(groupId: string, expected?: AssignmentExpectation): Promise<GroupDescription>
  waitForCommit(groupId: string, expected: CommitExpectation): Promise<GroupOffsetView>
  /**
   * Resolves with the first request that matches and has been answered, among those in the journal
   * too: `after: broker.journal.lastNumber` leaves those out.
   */
  waitForRequest(
    api: ApiName,
    match?: (entry: JournalEntry) => boolean,
    options?: WaitOptions & { readonly after?: number },
  ): Promise<JournalEntry>

  /**
   * Stops the broker as a machine does that is shut down, and starts it again on the same port, with
   * its data; connections are closed, faults and journal stay.
   */
  restart(): Promise<void>

  /**
   * Brings about what a seed says, beside what is there; {@link reset} goes back to what there is then.
   *
   * @param seed itself, or the path of its file
   * @throws TypeError, KafkaError that say what can't be had
   */
  seed(seed: Seed | string): Promise<void>
  /**
   * Back to what the seeds brought, or to nothing, in a few milliseconds and with clients connected:
   * topics are made anew, groups begin anew, transactions are aborted. Faults end, and connections
   * that they hold up are closed. The journal is empty.
   */
  reset(): Promise<void>
  /** What there is now, to come back to: it stays good when the broker is restarted, or for another one. */
  snapshot(): Promise<BrokerSnapshot>
  /** As {@link reset}, but to what a snapshot has, and without touching faults and journal. */
  restore(snapshot: BrokerSnapshot): Promise<void>
  /** Answers what is under way, then closes everything. */
  close(): Promise<void>
  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

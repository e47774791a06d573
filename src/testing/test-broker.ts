import { absolutePath } from '../env/absolute-path.js'
import { NodeDisk } from '../env/disk-node.js'
import { systemHttp } from '../env/http-node.js'
import type { Endpoint } from '../metadata/cluster.js'
import type { ApiName } from '../protocol/api-keys.js'
import { addressText } from '../server/endpoints.js'
import { parseAddress } from './advertised-address.js'
import { BrokerContent } from './broker-content.js'
import { BrokerParts, type NodeSetting } from './broker-parts.js'
import { checkOptions } from './check-options.js'
import { clientOptions } from './client-options.js'
import type { ControlContext } from './control/context.js'
import { type ControlServer, openControlServer } from './control/control-server.js'
import { groupIds, InspectedGroup } from './inspect/groups.js'
import { InspectedTopic } from './inspect/topics.js'
import { transactionViews } from './inspect/transactions.js'
import type { JournalEntry } from './journal-entry.js'
import { LocalAdmin } from './local-admin.js'
import type { BrokerOptions, RunningBroker } from './running-broker.js'
import { checkSeed, type Seed } from './seed/seed.js'
import { readSeedFile } from './seed/seed-file.js'
import { NotRunningError } from './server-faults.js'
import type { BrokerSnapshot } from './snapshot/snapshot.js'
import { utf8Text } from './utf8.js'
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
import { Waiting } from './waiting.js'

const LOCALHOST = 'localhost'
const LOOPBACK = '127.0.0.1'
/** Kafka's own topics. */
const INTERNAL_TOPIC = /^__(consumer_offsets|transaction_state|share_group_state)$/

/** A broker in this process, with what a test does to it and sees of it. */
export class TestBroker implements RunningBroker {
  readonly profile
  readonly journal
  readonly faults
  readonly clock
  readonly clients = clientOptions(() => this.bootstrapServers)
  readonly clusterId: string
  readonly nodeId: number
  readonly #waiting: Waiting
  readonly #content: BrokerContent
  readonly #host: string
  readonly #port: number
  #control: ControlServer | undefined
  #closing: Promise<void> | undefined
  #restarting: Promise<void> | undefined

  /**
   * Starts a broker. When this resolves, clients can use it.
   *
   * @throws Error with a message for the user: a port that is in use, a value that can't be used, a
   *   directory that belongs to another broker
   * @param setting the node as the command runs it
   */
  static async start(options: BrokerOptions = {}, setting?: NodeSetting): Promise<TestBroker> {
    checkOptions(options)
    const seeds = await Promise.all(seedsOf(options).map(seedIn))
    const parts = new BrokerParts(options, setting)
    await parts.start()
    const broker = new TestBroker(options, parts)
    try {
      await broker.#content.begin(seeds)
      for (const fault of setting?.faults ?? []) await broker.faults.add(fault).ready
      if (options.controlPort !== undefined) await broker.#openControl(options.controlPort)
      return broker
    } catch (error) {
      await broker.close()
      throw error
    }
  }

  private constructor(
    options: BrokerOptions,
    readonly parts: BrokerParts,
  ) {
    this.profile = options.profile ?? 'test'
    this.journal = parts.journal
    this.faults = parts.faults
    this.clock = parts.clocks.clock
    const { server } = parts.running
    const { host, port } = server.endpoints[0]!
    this.clusterId = server.clusterId
    this.nodeId = server.nodeId
    // Clients that find ::1 first come to the same broker, but this needs no looking up.
    this.#host = host === LOCALHOST ? LOOPBACK : host
    this.#port = port
    this.#content = new BrokerContent({
      running: () => parts.usable,
      topics: () => this.topics(),
      gate: parts.gate,
      removedMembers: parts.removedMembers,
      serverFaults: parts.serverFaults,
      faults: parts.faults,
      journal: parts.journal,
      nowMs: () => parts.clocks.clocks.logical.now(),
      canReset: !parts.isPlain,
    })
    this.#waiting = new Waiting({
      clock: parts.clocks.clocks.pacing,
      journal: parts.journal,
      topic: (name) => this.topic(name),
      group: (groupId) => this.group(groupId),
      partitionCount: (topic) => this.#metadata.topicsByName.get(topic)?.partitions.size,
      isFetching: (groupId, member, topic, partition) => {
        const topicId = this.#metadata.topicsByName.get(topic)?.id
        if (topicId === undefined) return false
        return parts.fetchWatch.isFetching(groupId, member, { topic, topicId, partition })
      },
    })
  }

  get controlUrl(): string | undefined {
    return this.#control?.url
  }

  /** Its listeners for clients. */
  get endpoints(): readonly Endpoint[] {
    return this.parts.running.server.endpoints
  }

  get bootstrapServers(): string {
    return addressText(this.parts.address.fixed ?? { host: this.#host, port: this.#port })
  }

  advertise(address: string | null): void {
    this.parts.address.fixed = address === null ? undefined : parseAddress(address)
  }

  topic(name: string): TopicView {
    return new InspectedTopic(name, () => this.parts.running, this.parts.clocks.clocks.pacing)
  }

  group(groupId: string): GroupView {
    return new InspectedGroup(groupId, () => this.parts.running)
  }

  topics(): readonly string[] {
    return [...this.#metadata.topicsByName.keys()].filter((n) => !INTERNAL_TOPIC.test(n)).sort()
  }

  groups(): Promise<readonly string[]> {
    return groupIds(this.parts.running.client)
  }

  transactions(): Promise<readonly TransactionView[]> {
    return transactionViews(this.parts.running.client)
  }

  waitForMessages(
    topic: string,
    n: number,
    options?: WaitOptions & RecordQuery,
  ): Promise<readonly RecordView[]> {
    return this.#waiting.messages(topic, n, options)
  }

  waitForGroup(groupId: string, expected?: GroupExpectation): Promise<GroupDescription> {
    return this.#waiting.group(groupId, expected)
  }

  waitForAssignment(groupId: string, expected?: AssignmentExpectation): Promise<GroupDescription> {
    return this.#waiting.assignment(groupId, expected)
  }

  waitForCommit(groupId: string, expected: CommitExpectation): Promise<GroupOffsetView> {
    return this.#waiting.commit(groupId, expected)
  }

  waitForRequest(
    api: ApiName,
    match?: (entry: JournalEntry) => boolean,
    options?: WaitOptions & { readonly after?: number },
  ): Promise<JournalEntry> {
    return this.#waiting.request(api, match, options)
  }

  async seed(seed: Seed | string): Promise<void> {
    await this.#content.seed(await seedIn(seed))
  }

  async reset(): Promise<void> {
    if (this.parts.failure !== undefined) {
      // What has been done to its disk ends, too.
      await this.faults.clear()
      await this.restart()
    }
    await this.#content.reset()
  }

  snapshot(): Promise<BrokerSnapshot> {
    return this.#content.snapshot()
  }

  restore(snapshot: BrokerSnapshot): Promise<void> {
    return this.#content.restore(snapshot)
  }

  restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined
    })
    return this.#restarting
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #openControl(port: number): Promise<void> {
    const { parts } = this
    const running = () => parts.usable
    const context: ControlContext = {
      broker: this,
      running,
      admin: new LocalAdmin(running),
      metrics: parts.metrics!,
      nowMs: () => parts.clocks.clocks.logical.now(),
      logger: parts.logger,
    }
    this.#control = await openControlServer(port, context, systemHttp)
  }

  async #restart(): Promise<void> {
    this.#requireOpen()
    await this.parts.stop()
    this.#requireOpen()
    await this.parts.start()
  }

  /** @throws NotRunningError once it is closed, or about to be */
  #requireOpen(): void {
    if (this.#closing !== undefined) throw new NotRunningError()
  }

  async #close(): Promise<void> {
    await this.#control?.close()
    this.#waiting.close()
    // What it has stopped is closed when it ends, and what it has started is there to be closed.
    await this.#restarting?.catch(() => {})
    await this.parts.stop()
  }

  get #metadata() {
    return this.parts.running.server.services.metadata
  }
}

function seedsOf({ seed = [] }: BrokerOptions): readonly (Seed | string)[] {
  return Array.isArray(seed) ? seed : [seed as Seed | string]
}

/** @throws TypeError that says what is wrong */
async function seedIn(seed: Seed | string): Promise<Seed> {
  return typeof seed === 'string' ? readSeedFile(seed, readText) : checkSeed(seed)
}

function readText(path: string): string {
  const bytes = new NodeDisk().readFile(absolutePath(path))
  if (bytes === undefined) throw new TypeError(`${path}: there is no such file`)
  try {
    return utf8Text(bytes)
  } catch (error) {
    throw new TypeError(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

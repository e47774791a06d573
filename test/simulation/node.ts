import { ProcessClock, type Skew, type VirtualClock } from '../../src/env/clock-virtual.js'
import { SimulatedDisk } from '../../src/env/disk-simulated.js'
import { silentLogger } from '../../src/env/logger.js'
import { type Random, seededRandom } from '../../src/env/random.js'
import type { RaftConfig } from '../../src/raft/core/replica.js'
import type { RaftDriver } from '../../src/raft/driver.js'
import { type InitialVoter, writeVoters } from '../../src/raft/format.js'
import { METADATA_DIRECTORY, openQuorum } from '../../src/raft/quorum.js'
import type { ReplicaKey } from '../../src/raft/voter-set.js'
import { openMetadataLog } from '../support/metadata-log.js'
import type { SimulatedNetwork } from './network.js'
import { StateMachine, type Witness } from './state-machine.js'

const LOG_DIRECTORY = '/data'

export interface NodeOptions {
  readonly key: ReplicaKey
  readonly clock: VirtualClock
  readonly skew: Skew
  readonly network: SimulatedNetwork
  readonly witness: Witness
  readonly random: Random
  readonly config: RaftConfig
  readonly segmentBytes: number
  /** Bytes of log and snapshots that are kept. */
  readonly retentionBytes: number
  /** Of a static quorum. */
  readonly configuredVoters: readonly string[] | undefined
  readonly onError: (error: unknown) => void
  /** The replica has stopped because its disk failed. */
  readonly onDiskFailure: (nodeId: number) => void
}

/** What runs on a node between a start and a crash. */
interface Process {
  readonly clock: ProcessClock
  readonly driver: RaftDriver
  readonly machine: StateMachine
}

/** A machine with its disk, on which a replica is started and crashes. */
export class SimulatedNode {
  readonly id: number
  readonly disk: SimulatedDisk
  #incarnation = 0
  #process: Process | undefined
  #starting: ProcessClock | undefined

  constructor(private readonly options: NodeOptions) {
    this.id = options.key.id
    this.disk = new SimulatedDisk(seededRandom(options.random.int(2 ** 32)))
    const disk = this.disk.mount(options.clock)
    disk.makeDirectory(LOG_DIRECTORY)
    disk.syncDirectory('/')
  }

  get driver(): RaftDriver | undefined {
    return this.#process?.driver
  }

  get machine(): StateMachine | undefined {
    return this.#process?.machine
  }

  get incarnation(): number {
    return this.#incarnation
  }

  get isUp(): boolean {
    return this.#process !== undefined || this.#starting !== undefined
  }

  /** Writes what a dynamic quorum begins with. */
  format(voters: readonly InitialVoter[]): void {
    const disk = this.disk.mount(this.options.clock)
    writeVoters(disk, LOG_DIRECTORY, voters, this.options.clock.now())
    disk.syncDirectory(LOG_DIRECTORY)
  }

  start(): void {
    if (this.isUp) return
    const { options } = this
    const clock = new ProcessClock(options.clock, options.skew)
    const disk = this.disk.mount(clock)
    const random = seededRandom(options.random.int(2 ** 32))
    const incarnation = ++this.#incarnation
    this.#starting = clock
    const open = async (): Promise<void> => {
      const driver = await openQuorum({
        disk,
        directory: `${LOG_DIRECTORY}/${METADATA_DIRECTORY}`,
        log: openMetadataLog({
          disk,
          clock,
          random,
          logDirectory: LOG_DIRECTORY,
          segmentBytes: options.segmentBytes,
        }),
        key: options.key,
        clocks: { logical: clock, pacing: clock },
        random,
        logger: silentLogger,
        ...(options.configuredVoters ? { configuredVoters: options.configuredVoters } : {}),
        config: options.config,
        retention: { bytes: options.retentionBytes, ms: 3_600_000 },
        transport: options.network.transportOf(this.id),
        onFault: (error) => this.#fault(incarnation, error),
      })
      if (this.#incarnation !== incarnation || this.#starting !== clock) return
      const machine = new StateMachine(this.id, options.witness)
      this.#starting = undefined
      this.#process = { clock, driver, machine }
      driver.register(machine)
    }
    open().catch((error) => this.#fault(incarnation, error))
  }

  #fault(incarnation: number, error: unknown): void {
    if (incarnation !== this.#incarnation) return
    if (isDiskFailure(error)) {
      this.options.onDiskFailure(this.id)
      return
    }
    this.options.onError(error)
  }

  /** Power fails. */
  crash(): void {
    this.#starting?.kill()
    this.#starting = undefined
    this.#process?.driver.stop()
    this.#process?.clock.kill()
    this.#process = undefined
    this.#incarnation++
    this.disk.crash()
  }

  /** @returns whether a snapshot was begun */
  snapshot(): boolean {
    const process = this.#process
    if (!process || process.machine.nextOffset === 0) return false
    const { nextOffset, lastEpoch, lastTimestamp } = process.machine
    const id = { offset: nextOffset, epoch: lastEpoch }
    const writer = process.driver.createSnapshot(id, lastTimestamp)
    if (!writer) return false
    const padding = Buffer.alloc(this.options.random.int(4000), 'x')
    for (const batch of process.machine.records(padding)) writer.append(batch)
    const { incarnation } = this
    writer.freeze().catch((error) => this.#fault(incarnation, error))
    return true
  }

  /** @returns whether this node took the records as the leader */
  append(records: readonly Buffer[]): boolean {
    const driver = this.#process?.driver
    if (driver?.core.state.name !== 'leader') return false
    driver.scheduleAppend(driver.leaderAndEpoch.epoch, records)
    return true
  }

  resign(): void {
    const driver = this.#process?.driver
    if (driver) driver.resign(driver.leaderAndEpoch.epoch)
  }
}

function isDiskFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return /the simulated disk failed/.test(`${error.message} ${error.cause}`)
}

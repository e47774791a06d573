import type { Clock } from '../env/clock.js'
import { type ErrorCode, ErrorCode as Errors, KafkaError } from '../protocol/errors.js'
import type { BrokerServer } from '../server/broker-server.js'
import type { FaultyBroker } from './faults/fault-registry.js'
import type { DiskOperation, FaultSpec, NameSelector } from './faults/fault-spec.js'
import type { Fault } from './faults/faults.js'
import { type FaultyDisk, injectedDiskError } from './faulty-disk.js'
import { LocalAdmin } from './local-admin.js'
import type { LocalClient } from './local-client.js'
import { pathMatcher } from './name-matcher.js'

const NO_SPACE = 'ENOSPC'
const IO_ERROR = 'EIO'
/** How long the coordinator may need for what is under way. */
const FENCING_PATIENCE_MS = 10_000
const FENCING_BACKOFF_MS = 10
/** With these, a producer asks again: the coordinator loads, or ends the transaction first. */
const COMING: ReadonlySet<number> = new Set([
  Errors.COORDINATOR_LOAD_IN_PROGRESS,
  Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.NOT_COORDINATOR,
  Errors.CONCURRENT_TRANSACTIONS,
])

/** There is nothing running at present: it was stopped, or is being restarted. */
export class NotRunningError extends Error {
  constructor() {
    super('the broker is not running')
    this.name = 'NotRunningError'
  }
}

/** It can't go on: its disks have failed. What would change it is never done. */
export class BrokerFailedError extends Error {
  constructor(cause: Error) {
    super(`${cause.message}: the broker can't go on until it is restarted`, { cause })
    this.name = 'BrokerFailedError'
  }
}

/** What is running at present: a restart begins another. */
export interface RunningServer {
  readonly server: BrokerServer
  readonly client: LocalClient
}

/** What faults do to a broker beside its requests. */
export class ServerFaults implements FaultyBroker {
  /** While the broker starts or stops, nobody knows any. */
  readonly topicNames = (topicId: string): string | undefined => {
    if (!this.isRunning()) return undefined
    return this.running().server.services.metadata.topicsById.get(topicId)?.name
  }

  /**
   * @param running asked anew each time
   * @param usable the same; throws when it can't be changed
   * @param clock the pacing one
   */
  constructor(
    private readonly running: () => RunningServer,
    private readonly usable: () => RunningServer,
    private readonly isRunning: () => boolean,
    private readonly disk: FaultyDisk,
    private readonly clock: Clock,
  ) {}

  get nodeId(): number {
    return this.running().server.nodeId
  }

  closePorts(): Promise<void> {
    return this.running().server.sockets.suspend()
  }

  openPorts(): Promise<void> {
    return this.running().server.sockets.resume()
  }

  /** What a restart has undone of faults that are in force is so again. */
  async renew(faults: readonly Fault[]): Promise<void> {
    const kinds = new Set(faults.map(({ spec }) => spec.kind))
    if (kinds.has('fenceBroker')) await this.setFenced(true)
    if (kinds.has('down')) await this.closePorts()
  }

  setFenced(isFenced: boolean): Promise<void> {
    return this.running().server.lifecycle.setFenced(isFenced)
  }

  async fenceProducer(
    transactionalId: string,
  ): Promise<{ producerId: number; producerEpoch: number }> {
    const admin = new LocalAdmin(this.usable)
    const deadlineMs = this.clock.now() + FENCING_PATIENCE_MS
    for (;;) {
      const answer = await admin.initProducerId(transactionalId)
      const { errorCode, producerId, producerEpoch } = answer
      if (errorCode === Errors.NONE) return { producerId, producerEpoch }
      if (!COMING.has(errorCode) || this.clock.now() >= deadlineMs) {
        throw new KafkaError(errorCode as ErrorCode)
      }
      await new Promise<void>((resolve) => this.clock.after(FENCING_BACKOFF_MS, resolve))
    }
  }

  failDisk(spec: FaultSpec, strike: () => boolean): () => void {
    const { path } = spec as { readonly path?: NameSelector }
    const isPath = pathMatcher(path)
    const code = spec.kind === 'ioError' ? (spec.code ?? IO_ERROR) : NO_SPACE
    const operation: DiskOperation | undefined = spec.kind === 'ioError' ? spec.operation : 'write'
    return this.disk.add((asked, at) => {
      if ((operation !== undefined && operation !== asked) || !isPath(at)) return undefined
      return strike() ? injectedDiskError(code, at) : undefined
    })
  }
}

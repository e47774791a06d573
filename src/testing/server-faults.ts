import { type ErrorCode, ErrorCode as Errors, KafkaError } from '../protocol/errors.js'
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../protocol/schema/init-producer-id.js'
import type { BrokerServer } from '../server/broker-server.js'
import type { FaultyBroker } from './faults/fault-registry.js'
import type { DiskOperation, FaultSpec, NameSelector } from './faults/fault-spec.js'
import { type FaultyDisk, injectedDiskError, pathMatcher } from './faulty-disk.js'
import type { LocalClient } from './local-client.js'

const NO_SPACE = 'ENOSPC'
const IO_ERROR = 'EIO'
const FENCING_TIMEOUT_MS = 60_000
const INIT_PRODUCER_ID_VERSION = 2

/** What is running at present: a restart begins another. */
export interface RunningServer {
  readonly server: BrokerServer
  readonly client: LocalClient
}

/** What faults do to a broker beside its requests. */
export class ServerFaults implements FaultyBroker {
  readonly topicNames = (topicId: string): string | undefined =>
    this.running().server.services.metadata.topicsById.get(topicId)?.name

  /** @param running asked anew each time */
  constructor(
    private readonly running: () => RunningServer,
    private readonly disk: FaultyDisk,
  ) {}

  get nodeId(): number {
    return this.running().server.nodeId
  }

  closePorts(): Promise<void> {
    return this.running().server.closePorts()
  }

  openPorts(): Promise<void> {
    return this.running().server.openPorts()
  }

  setFenced(isFenced: boolean): Promise<void> {
    return this.running().server.setFenced(isFenced)
  }

  async fenceProducer(
    transactionalId: string,
  ): Promise<{ producerId: number; producerEpoch: number }> {
    const { errorCode, producerId, producerEpoch } = await this.running().client.ask(
      InitProducerIdRequest,
      InitProducerIdResponse,
      INIT_PRODUCER_ID_VERSION,
      { transactionalId, transactionTimeoutMs: FENCING_TIMEOUT_MS },
    )
    if (errorCode !== Errors.NONE) throw new KafkaError(errorCode as ErrorCode)
    return { producerId, producerEpoch }
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

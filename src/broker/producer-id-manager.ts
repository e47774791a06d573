import type { ControllerChannel, ControllerRequestContext } from '../controller/channel.js'
import type { Logger } from '../env/logger.js'
import type { MetadataImage } from '../metadata/image.js'
import { ErrorCode, errorName, KafkaError } from '../protocol/errors.js'

/** The next block is asked for when so much of the present one has been given out. */
const PREFETCH_FRACTION = 0.9
const ALLOCATE_VERSION = 0
/** The epoch of a broker that isn't registered. */
const NO_BROKER_EPOCH = -1

export interface ProducerIdManagerOptions {
  readonly nodeId: number
  readonly metadata: MetadataImage
  readonly controller: ControllerChannel
  readonly logger: Logger
}

interface Block {
  next: number
  readonly first: number
  /** After the last one. */
  readonly end: number
}

/**
 * Gives out producer ids, of which no two in the cluster are ever the same: in blocks that the
 * controller allocates (KIP-730, Kafka's `RPCProducerIdManager`).
 */
export class ProducerIdManager {
  readonly #options: ProducerIdManagerOptions
  #block: Block | undefined
  #nextBlock: Block | undefined
  #allocation: Promise<boolean> | undefined

  constructor(options: ProducerIdManagerOptions) {
    this.#options = options
  }

  /**
   * A producer id that was never given out before.
   *
   * @throws KafkaError COORDINATOR_LOAD_IN_PROGRESS when the controller has none to give now: clients
   *   ask again
   */
  async generate(): Promise<number> {
    for (;;) {
      const id = this.#take()
      if (id !== undefined) return id
      const isAllocated = await this.#allocate()
      if (!isAllocated) throw new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    }
  }

  get #isUsedUp(): boolean {
    return this.#block === undefined || this.#block.next >= this.#block.end
  }

  #take(): number | undefined {
    if (this.#isUsedUp && this.#nextBlock !== undefined) {
      this.#block = this.#nextBlock
      this.#nextBlock = undefined
    }
    const block = this.#block
    if (block === undefined || block.next >= block.end) return undefined
    const id = block.next++
    const used = (block.next - block.first) / (block.end - block.first)
    if (used >= PREFETCH_FRACTION && this.#nextBlock === undefined) void this.#allocate()
    return id
  }

  /** Asks for a block, once for all who wait for it. Never rejects. @returns whether there is one */
  #allocate(): Promise<boolean> {
    this.#allocation ??= this.#request()
      .then(
        () => true,
        (error: unknown) => {
          this.#options.logger.warn({ error }, 'no producer ids were allocated')
          return false
        },
      )
      .finally(() => {
        this.#allocation = undefined
      })
    return this.#allocation
  }

  async #request(): Promise<void> {
    const { nodeId, metadata, controller } = this.#options
    const brokerEpoch = metadata.brokers.get(nodeId)?.epoch ?? NO_BROKER_EPOCH
    const request = { brokerId: nodeId, brokerEpoch }
    const answer = await controller.request(
      'AllocateProducerIds',
      ALLOCATE_VERSION,
      request,
      CONTEXT,
    )
    const { errorCode, producerIdStart, producerIdLen } = answer
    if (errorCode !== ErrorCode.NONE) throw new Error(errorName(errorCode))
    if (producerIdLen <= 0) throw new Error('the block is empty')
    const end = producerIdStart + producerIdLen
    this.#nextBlock = { next: producerIdStart, first: producerIdStart, end }
  }
}

/** A broker asks on its own account. */
const CONTEXT: ControllerRequestContext = { principal: 'User:ANONYMOUS', clientId: null }

import type { GroupCoordinator } from '../coordinator/group/group-coordinator.js'
import { OFFSETS_TOPIC } from '../coordinator/group/offsets-topic.js'
import { markerOf, type TransactionEnd } from '../coordinator/runtime/transaction.js'
import type { TransactionMarkerChannel } from '../coordinator/transaction/marker-channel.js'
import type { Clock } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import type { Input } from '../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type {
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '../protocol/schema/write-txn-markers.js'
import type { Partition } from './partition.js'
import type { ReplicaManager } from './replica-manager.js'

export interface TransactionMarkersOptions {
  readonly replicas: ReplicaManager
  readonly groups: Pick<GroupCoordinator, 'completeTransaction'>
  /** The logical one. */
  readonly clock: Clock
  readonly logger: Logger
}

type Answer = Input<typeof WriteTxnMarkersResponse>
type PartitionAnswer = Answer['markers'][number]['topics'][number]['partitions'][number]

/**
 * Ends transactions in the partitions that this node leads (Kafka's
 * `KafkaApis.handleWriteTxnMarkersRequest`). What ends them in partitions of `__consumer_offsets` goes
 * through the group coordinator, where offsets wait for it.
 */
export class TransactionMarkers implements TransactionMarkerChannel {
  constructor(private readonly options: TransactionMarkersOptions) {}

  /** Never rejects. */
  async writeMarkers({ markers }: WriteTxnMarkersRequest): Promise<Answer> {
    const written = markers.map(async ({ topics, transactionResult, ...marker }) => {
      const end: TransactionEnd = { ...marker, committed: transactionResult }
      const ended = topics.map(async ({ name, partitionIndexes }) => {
        const partitions = partitionIndexes.map((index) => this.#partition(name, index, end))
        return { name, partitions: await Promise.all(partitions) }
      })
      return { producerId: marker.producerId, topics: await Promise.all(ended) }
    })
    return { markers: await Promise.all(written) }
  }

  async #partition(
    topic: string,
    partitionIndex: number,
    end: TransactionEnd,
  ): Promise<PartitionAnswer> {
    try {
      const partition = this.options.replicas.partition(topic, partitionIndex)
      if (topic === OFFSETS_TOPIC)
        await this.options.groups.completeTransaction(partitionIndex, end)
      else await this.#append(partition, end)
      return { partitionIndex, errorCode: ErrorCode.NONE }
    } catch (error) {
      return { partitionIndex, errorCode: this.#codeOf(error) }
    }
  }

  #append(partition: Partition, end: TransactionEnd): Promise<void> {
    const { transactionVersion } = end
    const marker = markerOf(end, this.options.clock.now())
    return new Promise((resolve, reject) => {
      partition.appendOwn(marker, (error) => (error === null ? resolve() : reject(error)), {
        transactionVersion,
      })
    })
  }

  #codeOf(error: unknown): ErrorCode {
    if (error instanceof KafkaError) return error.code
    this.options.logger.error({ err: error }, 'a transaction marker cannot be written')
    return ErrorCode.UNKNOWN_SERVER_ERROR
  }
}

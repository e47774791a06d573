import type { Input } from '../../protocol/codec/index.js'
import type {
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '../../protocol/schema/write-txn-markers.js'

/**
 * The leaders of partitions, as the coordinator of a transaction that has ended reaches them (Kafka's
 * `TransactionMarkerChannelManager`).
 */
export interface TransactionMarkerChannel {
  /**
   * Sends markers to the leaders of the partitions that they name.
   *
   * @param request as of version 2
   * @returns of each marker the error of each partition of it. UNKNOWN_TOPIC_OR_PARTITION means that
   *   the metadata has no such partition: it was deleted, and the transaction ends without it. Errors
   *   of leaders that are elsewhere, or not there now, are retriable ones
   */
  writeMarkers(request: WriteTxnMarkersRequest): Promise<Input<typeof WriteTxnMarkersResponse>>
}

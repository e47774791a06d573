import { ErrorCode } from '../protocol/errors.js'
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from '../protocol/schema/allocate-producer-ids.js'
import { toApiError } from './api-error.js'
import { requireBroker } from './broker-heartbeat.js'
import type { Decision, DecisionContext } from './decision.js'

/** Producer ids that a broker gets at once (Kafka's `ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`). */
export const PRODUCER_ID_BLOCK_SIZE = 1000

/** Gives a broker the next block of producer ids (Kafka's `ProducerIdControlManager`). */
export function allocateProducerIds(
  { image }: DecisionContext,
  { brokerId, brokerEpoch }: AllocateProducerIdsRequest,
): Decision<AllocateProducerIdsResponse> {
  const answer = (errorCode: number, producerIdStart: number, producerIdLen: number) => ({
    throttleTimeMs: 0,
    errorCode,
    producerIdStart,
    producerIdLen,
  })
  try {
    requireBroker(image, brokerId, brokerEpoch)
  } catch (error) {
    return { records: [], response: answer(toApiError(error).errorCode, 0, 0) }
  }
  const first = image.nextProducerId
  if (first > Number.MAX_SAFE_INTEGER - PRODUCER_ID_BLOCK_SIZE) {
    return { records: [], response: answer(ErrorCode.UNKNOWN_SERVER_ERROR, 0, 0) }
  }
  const nextProducerId = first + PRODUCER_ID_BLOCK_SIZE
  return {
    records: [
      { type: 'ProducerIdsRecord', version: 0, data: { brokerId, brokerEpoch, nextProducerId } },
    ],
    response: answer(ErrorCode.NONE, first, PRODUCER_ID_BLOCK_SIZE),
  }
}

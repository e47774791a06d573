import { array, data, type Infer, int16, int32, int64, uint32 } from '../codec/index.js'

export const ProducerSnapshot = data('ProducerSnapshot', '1', 'none', {
  crc: uint32,
  producerEntries: array({
    producerId: int64,
    epoch: int16,
    lastSequence: int32,
    lastOffset: int64,
    offsetDelta: int32,
    timestamp: int64,
    coordinatorEpoch: int32,
    currentTxnFirstOffset: int64,
  }),
})
export type ProducerSnapshot = Infer<typeof ProducerSnapshot>

import { array, bytes, data, type Infer, int32, string } from '../codec/index.js'

export const ConsumerProtocolSubscription = data('ConsumerProtocolSubscription', '0-3', 'none', {
  topics: array(string),
  userData: bytes.nullable.default(null),
  ownedPartitions: array({
    topic: string,
    partitions: array(int32),
  }).in('1+').ignorable,
  generationId: int32.in('2+').ignorable.default(-1),
  rackId: string.in('3+').nullable.ignorable.default(null),
})
export type ConsumerProtocolSubscription = Infer<typeof ConsumerProtocolSubscription>

export const ConsumerProtocolAssignment = data('ConsumerProtocolAssignment', '0-3', 'none', {
  assignedPartitions: array({
    topic: string,
    partitions: array(int32),
  }),
  userData: bytes.nullable.default(null),
})
export type ConsumerProtocolAssignment = Infer<typeof ConsumerProtocolAssignment>

import { array, type Infer, int16, int32, int64, request, response, uuid } from '../codec/index.js'

export const AssignReplicasToDirsRequest = request('AssignReplicasToDirs', '0', '0+', {
  brokerId: int32,
  brokerEpoch: int64.default(-1),
  directories: array({
    id: uuid,
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
      }),
    }),
  }),
})
export type AssignReplicasToDirsRequest = Infer<typeof AssignReplicasToDirsRequest>

export const AssignReplicasToDirsResponse = response('AssignReplicasToDirs', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  directories: array({
    id: uuid,
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  }),
})
export type AssignReplicasToDirsResponse = Infer<typeof AssignReplicasToDirsResponse>

import { array, type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const AlterReplicaLogDirsRequest = request('AlterReplicaLogDirs', '1-2', '2+', {
  dirs: array({
    path: string,
    topics: array({
      name: string,
      partitions: array(int32),
    }),
  }),
})
export type AlterReplicaLogDirsRequest = Infer<typeof AlterReplicaLogDirsRequest>

export const AlterReplicaLogDirsResponse = response('AlterReplicaLogDirs', '1-2', '2+', {
  throttleTimeMs: int32,
  results: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
    }),
  }),
})
export type AlterReplicaLogDirsResponse = Infer<typeof AlterReplicaLogDirsResponse>

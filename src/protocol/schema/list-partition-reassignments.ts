import { array, type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const ListPartitionReassignmentsRequest = request('ListPartitionReassignments', '0', '0+', {
  timeoutMs: int32.default(60000),
  topics: array({
    name: string,
    partitionIndexes: array(int32),
  }).nullable.default(null),
})
export type ListPartitionReassignmentsRequest = Infer<typeof ListPartitionReassignmentsRequest>

export const ListPartitionReassignmentsResponse = response(
  'ListPartitionReassignments',
  '0',
  '0+',
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32),
        addingReplicas: array(int32),
        removingReplicas: array(int32),
      }),
    }),
  },
)
export type ListPartitionReassignmentsResponse = Infer<typeof ListPartitionReassignmentsResponse>

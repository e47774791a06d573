import { array, bool, type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const AlterPartitionReassignmentsRequest = request(
  'AlterPartitionReassignments',
  '0-1',
  '0+',
  {
    timeoutMs: int32.default(60000),
    allowReplicationFactorChange: bool.in('1+').default(true),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32).nullable.default(null),
      }),
    }),
  },
)
export type AlterPartitionReassignmentsRequest = Infer<typeof AlterPartitionReassignmentsRequest>

export const AlterPartitionReassignmentsResponse = response(
  'AlterPartitionReassignments',
  '0-1',
  '0+',
  {
    throttleTimeMs: int32,
    allowReplicationFactorChange: bool.in('1+').ignorable.default(true),
    errorCode: int16,
    errorMessage: string.nullable,
    responses: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable,
      }),
    }),
  },
)
export type AlterPartitionReassignmentsResponse = Infer<typeof AlterPartitionReassignmentsResponse>

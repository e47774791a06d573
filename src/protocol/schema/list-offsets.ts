import {
  array,
  bigint,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const ListOffsetsRequest = request(
  'ListOffsets',
  '1-11',
  '6+',
  {
    replicaId: int32,
    isolationLevel: int8.in('2+'),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: int32.in('4+').ignorable.default(-1),
        timestamp: bigint,
        maxNumOffsets: int32.in('0').default(1),
      }),
    }),
    timeoutMs: int32.in('10+').ignorable,
  },
  { legacy: '0' },
)
export type ListOffsetsRequest = Infer<typeof ListOffsetsRequest>

export const ListOffsetsResponse = response(
  'ListOffsets',
  '1-11',
  '6+',
  {
    throttleTimeMs: int32.in('2+').ignorable,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        oldStyleOffsets: array(int64).in('0').ignorable,
        timestamp: bigint.in('1+').default(-1n),
        offset: int64.in('1+').default(-1),
        leaderEpoch: int32.in('4+').default(-1),
      }),
    }),
  },
  { legacy: '0' },
)
export type ListOffsetsResponse = Infer<typeof ListOffsetsResponse>

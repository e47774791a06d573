import {
  array,
  bool,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const DescribeLogDirsRequest = request(
  'DescribeLogDirs',
  '1-5',
  '2+',
  {
    topics: array({
      topic: string,
      partitions: array(int32),
    }).nullable,
  },
  { legacy: '0' },
)
export type DescribeLogDirsRequest = Infer<typeof DescribeLogDirsRequest>

export const DescribeLogDirsResponse = response(
  'DescribeLogDirs',
  '1-5',
  '2+',
  {
    throttleTimeMs: int32,
    errorCode: int16.in('3+').ignorable,
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          partitionSize: int64,
          offsetLag: int64,
          isFutureKey: bool,
        }),
      }),
      totalBytes: int64.in('4+').ignorable.default(-1),
      usableBytes: int64.in('4+').ignorable.default(-1),
      isCordoned: bool.in('5+').ignorable.default(false),
    }),
  },
  { legacy: '0' },
)
export type DescribeLogDirsResponse = Infer<typeof DescribeLogDirsResponse>

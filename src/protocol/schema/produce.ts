import {
  array,
  type Infer,
  int16,
  int32,
  int64,
  records,
  request,
  response,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const ProduceRequest = request(
  'Produce',
  '3-13',
  '9+',
  {
    transactionalId: string.in('3+').nullable.default(null),
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: string.in('0-12').ignorable,
      topicId: uuid.in('13+').ignorable,
      partitionData: array({
        index: int32,
        records: records.nullable,
      }),
    }),
  },
  // librdkafka doesn't compress unless it sees version 0 (KAFKA-18659). Versions 0 to 2 aren't served.
  { advertised: '0-13', legacy: '0-2' },
)
export type ProduceRequest = Infer<typeof ProduceRequest>

export const ProduceResponse = response(
  'Produce',
  '3-13',
  '9+',
  {
    responses: array({
      name: string.in('0-12').ignorable,
      topicId: uuid.in('13+').ignorable,
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        baseOffset: int64,
        logAppendTimeMs: int64.in('2+').ignorable.default(-1),
        logStartOffset: int64.in('5+').ignorable.default(-1),
        recordErrors: array({
          batchIndex: int32,
          batchIndexErrorMessage: string.nullable.default(null),
        }).in('8+').ignorable,
        errorMessage: string.in('8+').nullable.ignorable.default(null),
        currentLeader: struct({
          leaderId: int32.default(-1),
          leaderEpoch: int32.default(-1),
        })
          .in('10+')
          .tagged(0),
      }),
    }),
    throttleTimeMs: int32.in('1+').ignorable.default(0),
    nodeEndpoints: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.nullable.default(null),
    })
      .in('10+')
      .tagged(0),
  },
  { legacy: '0-2' },
)
export type ProduceResponse = Infer<typeof ProduceResponse>

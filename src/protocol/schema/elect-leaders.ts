import { array, type Infer, int8, int16, int32, request, response, string } from '../codec/index.js'

export const ElectLeadersRequest = request('ElectLeaders', '0-2', '2+', {
  electionType: int8.in('1+'),
  topicPartitions: array({
    topic: string,
    partitions: array(int32),
  }).nullable,
  timeoutMs: int32.default(60000),
})
export type ElectLeadersRequest = Infer<typeof ElectLeadersRequest>

export const ElectLeadersResponse = response('ElectLeaders', '0-2', '2+', {
  throttleTimeMs: int32,
  errorCode: int16.in('1+'),
  replicaElectionResults: array({
    topic: string,
    partitionResult: array({
      partitionId: int32,
      errorCode: int16,
      errorMessage: string.nullable,
    }),
  }),
})
export type ElectLeadersResponse = Infer<typeof ElectLeadersResponse>

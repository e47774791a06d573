import {
  array,
  bool,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const ShareGroupDescribeRequest = request('ShareGroupDescribe', '1', '0+', {
  groupIds: array(string),
  includeAuthorizedOperations: bool,
})
export type ShareGroupDescribeRequest = Infer<typeof ShareGroupDescribeRequest>

const TopicPartitions = struct({
  topicId: uuid,
  topicName: string,
  partitions: array(int32),
})

const Assignment = struct({
  topicPartitions: array(TopicPartitions),
})

export const ShareGroupDescribeResponse = response('ShareGroupDescribe', '1', '0+', {
  throttleTimeMs: int32,
  groups: array({
    errorCode: int16,
    errorMessage: string.nullable.default(null),
    groupId: string,
    groupState: string,
    groupEpoch: int32,
    assignmentEpoch: int32,
    assignorName: string,
    members: array({
      memberId: string,
      rackId: string.nullable.default(null),
      memberEpoch: int32,
      clientId: string,
      clientHost: string,
      subscribedTopicNames: array(string),
      assignment: Assignment,
    }),
    authorizedOperations: int32.default(-2147483648),
  }),
})
export type ShareGroupDescribeResponse = Infer<typeof ShareGroupDescribeResponse>

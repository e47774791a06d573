import {
  array,
  bool,
  type Infer,
  int8,
  int16,
  int32,
  request,
  response,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const ConsumerGroupDescribeRequest = request('ConsumerGroupDescribe', '0-1', '0+', {
  groupIds: array(string),
  includeAuthorizedOperations: bool,
})
export type ConsumerGroupDescribeRequest = Infer<typeof ConsumerGroupDescribeRequest>

const TopicPartitions = struct({
  topicId: uuid,
  topicName: string,
  partitions: array(int32),
})

const Assignment = struct({
  topicPartitions: array(TopicPartitions),
})

export const ConsumerGroupDescribeResponse = response('ConsumerGroupDescribe', '0-1', '0+', {
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
      instanceId: string.nullable.default(null),
      rackId: string.nullable.default(null),
      memberEpoch: int32,
      clientId: string,
      clientHost: string,
      subscribedTopicNames: array(string),
      subscribedTopicRegex: string.nullable.default(null),
      assignment: Assignment,
      targetAssignment: Assignment,
      memberType: int8.in('1+').ignorable.default(-1),
    }),
    authorizedOperations: int32.default(-2147483648),
  }),
})
export type ConsumerGroupDescribeResponse = Infer<typeof ConsumerGroupDescribeResponse>

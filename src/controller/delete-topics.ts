import type { TopicImage } from '../metadata/topic.js'
import { ZERO_UUID } from '../protocol/codec/index.js'
import { ErrorCode } from '../protocol/errors.js'
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../protocol/schema/delete-topics.js'
import { type ApiError, apiError, duplicates, NO_ERROR } from './api-error.js'
import type { Decision, DecisionContext } from './decision.js'

type TopicResponse = DeleteTopicsResponse['responses'][number]

const UNKNOWN_NAME = apiError(
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  'This server does not host this topic-partition.',
)
const UNKNOWN_ID = apiError(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')

/** Deletes topics by name or, since version 6, by id (Kafka's `ControllerApis.deleteTopics`). */
export function deleteTopics(
  { image, config }: DecisionContext,
  request: DeleteTopicsRequest,
  version: number,
): Decision<DeleteTopicsResponse> {
  const wanted = request.topics.length > 0 ? request.topics : byName(request.topicNames)
  if (!config.get('delete.topic.enable')) {
    const disabled = version < 3 ? DISABLED_BEFORE_V3 : DISABLED
    const responses = wanted.map(({ name, topicId }) => answer(name, topicId, disabled))
    return { records: [], response: { throttleTimeMs: 0, responses } }
  }
  const responses: TopicResponse[] = []
  const names: string[] = []
  const ids: string[] = []
  for (const { name, topicId } of wanted) {
    const hasId = topicId !== ZERO_UUID
    if (name !== null && hasId) responses.push(answer(name, topicId, BOTH))
    else if (name !== null) names.push(name)
    else if (hasId) ids.push(topicId)
    else responses.push(answer(null, ZERO_UUID, NEITHER))
  }
  const doomed = new Map<string, TopicImage>()
  const once = (list: readonly string[], refuse: (each: string) => TopicResponse): string[] => {
    const repeated = duplicates(list, (each) => each)
    responses.push(...[...repeated].map(refuse))
    return list.filter((each) => !repeated.has(each))
  }
  const singleNames = once(names, (name) => answer(name, ZERO_UUID, DUPLICATE_NAME))
  for (const id of once(ids, (each) => answer(null, each, DUPLICATE_ID))) {
    const topic = image.topicsById.get(id)
    if (topic) doomed.set(id, topic)
    else responses.push(answer(null, id, UNKNOWN_ID))
  }
  for (const name of singleNames) {
    const topic = image.topicsByName.get(name)
    if (!topic) responses.push(answer(name, ZERO_UUID, UNKNOWN_NAME))
    else if (doomed.delete(topic.id) || ids.includes(topic.id)) {
      responses.push(answer(name, topic.id, SUPPLIED_AS_ID))
    } else doomed.set(topic.id, topic)
  }
  for (const { id, name } of doomed.values()) responses.push(answer(name, id, NO_ERROR))
  return {
    records: [...doomed.keys()].map((topicId) => ({
      type: 'RemoveTopicRecord',
      version: 0,
      data: { topicId },
    })),
    response: { throttleTimeMs: 0, responses },
  }
}

const refusal = (message: string): ApiError => apiError(ErrorCode.INVALID_REQUEST, message)
const DUPLICATE_NAME = refusal('Duplicate topic name.')
const DUPLICATE_ID = refusal('Duplicate topic id.')
const NEITHER = refusal('Neither topic name nor id were specified.')
const BOTH = refusal('You may not specify both topic name and topic id.')
const SUPPLIED_AS_ID = refusal('The provided topic name maps to an ID that was already supplied.')
const DISABLED_BEFORE_V3 = refusal('Topic deletion is disabled.')
const DISABLED = apiError(ErrorCode.TOPIC_DELETION_DISABLED, 'Topic deletion is disabled.')

function byName(names: readonly string[]): { name: string; topicId: string }[] {
  return names.map((name) => ({ name, topicId: ZERO_UUID }))
}

function answer(name: string | null, topicId: string, error: ApiError): TopicResponse {
  return { name, topicId, ...error }
}

import { type ApiError, apiError, duplicates, toApiError } from '../../controller/api-error.js'
import { ErrorCode } from '../../protocol/errors.js'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/schema/create-topics.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { type ForwardingServices, forward } from '../forwarding.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import { CLUSTER_METADATA_TOPIC } from '../internal-topic.js'

const { CREATE, DESCRIBE_CONFIGS } = AclOperation
const { CLUSTER, TOPIC } = ResourceType

export interface CreateTopicsServices extends ForwardingServices {
  readonly authorizer: Authorizer
}

type TopicAnswer = CreateTopicsResponse['topics'][number]

/** Creates topics, which can be used when the answer goes out (Kafka's `ControllerApis.createTopics`). */
export const createTopics = (services: CreateTopicsServices): Handler =>
  handler(CreateTopicsRequest, CreateTopicsResponse, {
    handle: async (context, request) => {
      const refusals = refuse(services, context, request)
      const topics = request.topics.filter(({ name }) => !refusals.has(name))
      const refused = [...refusals].map(([name, error]) => ({ name, ...error, configs: [] }))
      if (topics.length === 0) return { topics: refused }
      const asked = { ...request, topics }
      const { apiVersion } = context
      const answer = await forward(
        services,
        'CreateTopics',
        apiVersion,
        asked,
        context,
        request.timeoutMs,
      )
      const created = answer.topics.map((topic) => withoutSecrets(services, context, topic))
      return { ...answer, topics: [...created, ...refused] }
    },
    refuse: ({ topics }, error) => ({
      topics: topics.map(({ name }) => ({ name, ...toApiError(error), configs: [] })),
    }),
  })

/** The topics that needn't be asked for, by name. */
function refuse(
  { authorizer }: CreateTopicsServices,
  context: RequestContext,
  { topics }: CreateTopicsRequest,
): Map<string, ApiError> {
  const refusals = new Map<string, ApiError>()
  const repeated = duplicates(topics, ({ name }) => name)
  const mayCreateAll = authorizer.isAllowed(context, CREATE, CLUSTER, CLUSTER_NAME)
  for (const { name } of topics) {
    if (repeated.has(name)) {
      refusals.set(name, apiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.'))
    } else if (name === CLUSTER_METADATA_TOPIC) {
      const message = `Creation of internal topic ${name} is prohibited.`
      refusals.set(name, apiError(ErrorCode.INVALID_REQUEST, message))
    } else if (!mayCreateAll && !authorizer.isAllowed(context, CREATE, TOPIC, name)) {
      refusals.set(name, apiError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Authorization failed.'))
    }
  }
  return refusals
}

/** What became of a topic's settings is only for those who may see them. */
function withoutSecrets(
  { authorizer }: CreateTopicsServices,
  context: RequestContext,
  topic: TopicAnswer,
): TopicAnswer {
  const { name, errorCode } = topic
  if (errorCode !== ErrorCode.NONE) return topic
  if (authorizer.isAllowed(context, DESCRIBE_CONFIGS, TOPIC, name)) return topic
  return {
    ...topic,
    topicConfigErrorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  }
}

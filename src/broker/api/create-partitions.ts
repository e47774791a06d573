import { type ApiError, apiError, duplicates, toApiError } from '../../controller/api-error.js'
import { ErrorCode } from '../../protocol/errors.js'
import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '../../protocol/schema/create-partitions.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { type ForwardingServices, forward } from '../forwarding.js'
import { type Handler, handler } from '../handler.js'

export interface CreatePartitionsServices extends ForwardingServices {
  readonly authorizer: Authorizer
}

const DUPLICATE = apiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')
const FORBIDDEN: ApiError = { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: null }

/** Gives topics more partitions (Kafka's `ControllerApis.createPartitions`). */
export const createPartitions = (services: CreatePartitionsServices): Handler =>
  handler(CreatePartitionsRequest, CreatePartitionsResponse, {
    handle: async (context, request) => {
      const repeated = duplicates(request.topics, ({ name }) => name)
      const refusals = new Map<string, ApiError>()
      for (const { name } of request.topics) {
        if (repeated.has(name)) {
          refusals.set(name, DUPLICATE)
        } else if (
          !services.authorizer.isAllowed(context, AclOperation.ALTER, ResourceType.TOPIC, name)
        ) {
          refusals.set(name, FORBIDDEN)
        }
      }
      const topics = request.topics.filter(({ name }) => !refusals.has(name))
      const refused = [...refusals].map(([name, error]) => ({ name, ...error }))
      if (topics.length === 0) return { throttleTimeMs: 0, results: refused }
      const asked = { ...request, topics }
      const { apiVersion } = context
      const answer = await forward(
        services,
        'CreatePartitions',
        apiVersion,
        asked,
        context,
        request.timeoutMs,
      )
      return { ...answer, results: [...refused, ...answer.results] }
    },
    refuse: ({ topics }, error) => ({
      throttleTimeMs: 0,
      results: topics.map(({ name }) => ({ name, ...toApiError(error) })),
    }),
  })

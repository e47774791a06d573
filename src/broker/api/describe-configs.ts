import { toApiError } from '../../controller/api-error.js'
import { ConfigResourceType } from '../../metadata/config/resource.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
} from '../../protocol/schema/describe-configs.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { aclResourceOf } from '../config-alteration.js'
import { ConfigDescription } from '../config-description.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { type Handler, handler, type RequestContext } from '../handler.js'

export interface DescribeConfigsServices {
  readonly config: DynamicBrokerConfig
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

type Resource = DescribeConfigsRequest['resources'][number]
type ResourceAnswer = DescribeConfigsResponse['results'][number]

const TYPES: readonly number[] = Object.values(ConfigResourceType).filter((type) => type !== 0)

/** Configurations and where their values come from (Kafka's `ConfigHelper`). */
export const describeConfigs = (services: DescribeConfigsServices): Handler => {
  const description = new ConfigDescription(services.config, services.metadata)
  return handler(DescribeConfigsRequest, DescribeConfigsResponse, {
    handle: (context, request) => {
      const { resources } = request
      for (const { resourceType, resourceName } of resources) {
        if (TYPES.includes(resourceType)) continue
        const message = `Unexpected resource type ${resourceType} for resource ${resourceName}`
        throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
      }
      const results = resources.map((resource): ResourceAnswer => {
        const { resourceType, resourceName } = resource
        try {
          requireDescribeConfigs(services.authorizer, context, resource)
          const configs = description.entries(resource, request)
          const errorCode = ErrorCode.NONE
          return { errorCode, errorMessage: '', resourceType, resourceName, configs }
        } catch (error) {
          return { ...toApiError(error), resourceType, resourceName, configs: [] }
        }
      })
      return { throttleTimeMs: 0, results }
    },
    refuse: ({ resources }, error) => ({
      throttleTimeMs: 0,
      results: resources.map(({ resourceType, resourceName }) => ({
        ...toApiError(error),
        resourceType,
        resourceName,
        configs: [],
      })),
    }),
  })
}

function requireDescribeConfigs(
  authorizer: Authorizer,
  context: RequestContext,
  { resourceType, resourceName }: Resource,
): void {
  const [type, name, code] = aclResourceOf(resourceType, resourceName)
  if (authorizer.isAllowed(context, AclOperation.DESCRIBE_CONFIGS, type, name)) return
  throw new KafkaError(code)
}

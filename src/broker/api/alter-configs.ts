import { toApiError } from '../../controller/api-error.js'
import { ConfigResourceType } from '../../metadata/config/resource.js'
import { AlterConfigsRequest, AlterConfigsResponse } from '../../protocol/schema/alter-configs.js'
import {
  alterConfigsOf,
  type ConfigAlterationServices,
  requireAlterConfigs,
  requireBrokerSettings,
  requireStoredType,
  requireValues,
} from '../config-alteration.js'
import { forward } from '../forwarding.js'
import { type Handler, handler, type RequestContext } from '../handler.js'

type Resource = AlterConfigsRequest['resources'][number]

/** Replaces all configurations of resources (Kafka's `KafkaApis.handleAlterConfigsRequest`). */
export const alterConfigs = (services: ConfigAlterationServices): Handler =>
  handler(AlterConfigsRequest, AlterConfigsResponse, {
    handle: async (context, { resources, validateOnly }) => ({
      throttleTimeMs: 0,
      responses: await alterConfigsOf(
        resources,
        (resource) => check(services, context, resource),
        (left) => {
          const request = { resources: left, validateOnly }
          return forward(services, 'AlterConfigs', context.apiVersion, request, context)
        },
      ),
    }),
    refuse: ({ resources }, error) => ({
      throttleTimeMs: 0,
      responses: resources.map(({ resourceType, resourceName }) => ({
        ...toApiError(error),
        resourceType,
        resourceName,
      })),
    }),
  })

function check(
  { config, authorizer }: ConfigAlterationServices,
  context: RequestContext,
  resource: Resource,
): boolean {
  const { resourceType, resourceName, configs } = resource
  requireValues(resource)
  if (resourceType === ConfigResourceType.BROKER) {
    const settings = () => new Map(configs.map(({ name, value }) => [name, value ?? '']))
    requireBrokerSettings(config, resourceName, settings)
  } else {
    requireStoredType(resourceType)
  }
  requireAlterConfigs(authorizer, context, resource)
  return false
}

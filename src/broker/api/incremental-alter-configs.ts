import { toApiError } from '../../controller/api-error.js'
import { ConfigResourceType } from '../../metadata/config/resource.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/schema/incremental-alter-configs.js'
import {
  alterConfigsOf,
  type ConfigAlterationServices,
  requireAlterConfigs,
  requireBrokerSettings,
  requireStoredType,
  requireThisNode,
  requireValues,
} from '../config-alteration.js'
import { type DynamicBrokerConfig, defaultText, isListConfig } from '../dynamic-broker-config.js'
import { forward } from '../forwarding.js'
import { type Handler, handler, type RequestContext } from '../handler.js'

/** What is done to one configuration (Kafka's `AlterConfigOp.OpType`). */
const Operation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

type Resource = IncrementalAlterConfigsRequest['resources'][number]
type Change = Resource['configs'][number]

/** Changes single configurations (Kafka's `KafkaApis.handleIncrementalAlterConfigsRequest`). */
export const incrementalAlterConfigs = (services: ConfigAlterationServices): Handler =>
  handler(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, {
    handle: async (context, { resources, validateOnly }) => ({
      throttleTimeMs: 0,
      responses: await alterConfigsOf(
        resources,
        (resource) => check(services, context, resource),
        (left) => {
          const request = { resources: left, validateOnly }
          const { apiVersion } = context
          return forward(services, 'IncrementalAlterConfigs', apiVersion, request, context)
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
  requireValues(resource, (index) => configs[index]!.configOperation !== Operation.DELETE)
  if (resourceType === ConfigResourceType.BROKER_LOGGER) {
    requireLoggers(resource, config.current.nodeId)
  } else if (resourceType === ConfigResourceType.BROKER) {
    requireBrokerSettings(config, resourceName, () => changed(config, resourceName, configs))
  } else {
    requireStoredType(resourceType)
  }
  requireAlterConfigs(authorizer, context, resource)
  return resourceType === ConfigResourceType.BROKER_LOGGER
}

function isUnknown(operation: number): boolean {
  return !Object.values<number>(Operation).includes(operation)
}

/** There are no loggers with a level of their own here, so none can be changed. */
function requireLoggers({ resourceName, configs }: Resource, nodeId: number): void {
  const ifOther = `Unexpected node id. Expected ${nodeId}, but received ${resourceName}`
  requireThisNode(resourceName, nodeId, ifOther)
  for (const { name, configOperation } of configs) {
    if (configOperation === Operation.SET || configOperation === Operation.DELETE) {
      throw new KafkaError(ErrorCode.INVALID_CONFIG, `Logger ${name} does not exist!`)
    }
    if (isUnknown(configOperation)) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR)
    const operation = configOperation === Operation.APPEND ? 'APPEND' : 'SUBTRACT'
    const message = `${operation} operation is not allowed for the BROKER_LOGGER resource`
    throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
  }
}

/** What the broker, or all of them, would be set to (`ConfigAdminManager.prepareIncrementalConfigs`). */
function changed(
  config: DynamicBrokerConfig,
  resourceName: string,
  changes: readonly Change[],
): ReadonlyMap<string, string> {
  const unknown = changes.find(({ configOperation }) => isUnknown(configOperation))
  if (unknown) {
    const message = `Unknown operations type ${unknown.configOperation}`
    throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
  }
  const settings = new Map(resourceName === '' ? config.ofAllBrokers : config.ofBroker)
  for (const { name, configOperation, value } of changes) {
    if (configOperation === Operation.DELETE) settings.delete(name)
    else if (configOperation === Operation.SET) settings.set(name, value ?? '')
    else settings.set(name, changedList(settings.get(name), name, configOperation, value ?? ''))
  }
  return settings
}

function changedList(
  current: string | undefined,
  name: string,
  operation: number,
  value: string,
): string {
  const isList = isListConfig(name)
  if (isList === undefined) {
    throw new KafkaError(ErrorCode.INVALID_CONFIG, `Unknown config name: ${name}`)
  }
  const what = operation === Operation.APPEND ? 'append' : 'subtract'
  if (!isList) {
    const message = `Config value ${what} is not allowed for config key: ${name}`
    throw new KafkaError(ErrorCode.INVALID_CONFIG, message)
  }
  const text = current ?? defaultText(name) ?? ''
  const old = text === '' ? [] : text.split(',')
  const given = value.split(',')
  if (operation === Operation.SUBTRACT) return old.filter((it) => !given.includes(it)).join(',')
  return [...old, ...given.filter((it) => !old.includes(it))].join(',')
}

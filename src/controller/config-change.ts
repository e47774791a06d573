import { ConfigResourceType } from '../metadata/config/resource.js'
import { isElrEnabled } from '../metadata/features.js'
import type { NewRecord } from '../metadata/record.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import { type ApiError, errorOf } from './api-error.js'
import { validateConfigs } from './config-validation.js'
import type { DecisionContext } from './decision.js'

const MIN_ISR = 'min.insync.replicas'

/** What a configuration is set on. */
export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

/** New values by name, null to remove one. */
export type ConfigChanges = ReadonlyMap<string, string | null>

/**
 * Whether a resource may have what the changes make of it (Kafka's
 * `ConfigurationControlManager.validateAlterConfig`).
 *
 * @param isNew the resource is about to be created, so that it needn't be there
 */
export function problemWithChanges(
  context: DecisionContext,
  resource: ConfigResource,
  changes: ConfigChanges,
  isNew = false,
): ApiError {
  const { image, config } = context
  const settings = new Map(current(context, resource))
  for (const [name, value] of changes) {
    if (value === null) settings.delete(name)
    else settings.set(name, value)
  }
  return errorOf(() => {
    if (isElrEnabled(image.features)) requireMinIsrOfAll(resource, changes)
    validateConfigs(resource.resourceType, resource.resourceName, settings, config)
    if (!isNew) requireExisting(context, resource)
  })
}

/** With ELRs there is one `min.insync.replicas` of all brokers, and it must be there (KIP-966). */
function requireMinIsrOfAll(
  { resourceType, resourceName }: ConfigResource,
  changes: ConfigChanges,
): void {
  if (resourceType !== ConfigResourceType.BROKER || !changes.has(MIN_ISR)) return
  if (resourceName !== '') {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `Broker-level ${MIN_ISR} cannot be altered while ELR is enabled.`,
    )
  }
  if (changes.get(MIN_ISR) === null) {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `Cluster-level ${MIN_ISR} cannot be removed while ELR is enabled.`,
    )
  }
}

function requireExisting(
  { image }: DecisionContext,
  { resourceType, resourceName }: ConfigResource,
): void {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      if (image.topicsByName.has(resourceName)) return
      throw new KafkaError(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        `The topic '${resourceName}' does not exist.`,
      )
    case ConfigResourceType.BROKER: {
      const id = Number(resourceName)
      if (resourceName === '' || image.brokers.has(id) || image.controllers.has(id)) return
      throw new KafkaError(
        ErrorCode.BROKER_ID_NOT_REGISTERED,
        `No node with id ${resourceName} found.`,
      )
    }
  }
}

/** What is set on a resource. */
export function current(
  { image }: DecisionContext,
  { resourceType, resourceName }: ConfigResource,
): ReadonlyMap<string, string> {
  return image.configs(resourceType as ConfigResourceType, resourceName)
}

/**
 * The records of changes. A broker is told even of what stays as it is: it may have to load again
 * what the value names (KAFKA-14136).
 */
export function configRecords(
  context: DecisionContext,
  resource: ConfigResource,
  changes: ConfigChanges,
): NewRecord[] {
  const { resourceType, resourceName } = resource
  const before = current(context, resource)
  const isBroker = resourceType === ConfigResourceType.BROKER
  return [...changes]
    .filter(([name, value]) => isBroker || (before.get(name) ?? null) !== value)
    .map(([name, value]) => ({
      type: 'ConfigRecord',
      version: 0,
      data: { resourceType, resourceName, name, value },
    }))
}

/**
 * Another `min.insync.replicas` makes ELRs meaningless that were built by the old one, so that they
 * are cleared (KIP-966).
 */
export function clearElrRecords(
  { image }: DecisionContext,
  records: readonly NewRecord[],
): NewRecord[] {
  if (!isElrEnabled(image.features)) return []
  return records.flatMap((record): NewRecord[] => {
    if (record.type !== 'ConfigRecord' || record.data.name !== MIN_ISR) return []
    const { resourceType, resourceName } = record.data
    const isOfAll = resourceType === ConfigResourceType.BROKER && resourceName === ''
    if (resourceType !== ConfigResourceType.TOPIC && !isOfAll) return []
    return [{ type: 'ClearElrRecord', version: 0, data: { topicName: resourceName } }]
  })
}

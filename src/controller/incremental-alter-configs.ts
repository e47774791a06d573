import { brokerConfigs } from '../metadata/config/broker-configs.js'
import { clientMetricsConfigs } from '../metadata/config/client-metrics-configs.js'
import type { ConfigTable } from '../metadata/config/config-def.js'
import { groupConfigs } from '../metadata/config/group-configs.js'
import { formatValue } from '../metadata/config/parse.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import { topicConfigs } from '../metadata/config/topic-configs.js'
import type { NewRecord } from '../metadata/record.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../protocol/schema/incremental-alter-configs.js'
import { alterEach, configDecision } from './alter-each.js'
import { type ApiError, toApiError } from './api-error.js'
import { type ConfigChanges, configRecords, current, problemWithChanges } from './config-change.js'
import type { Decision, DecisionContext } from './decision.js'

/** `AlterConfigOp.OpType`. */
const Operation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

const TABLES: ReadonlyMap<number, ConfigTable> = new Map<number, ConfigTable>([
  [ConfigResourceType.TOPIC, topicConfigs],
  [ConfigResourceType.BROKER, brokerConfigs],
  [ConfigResourceType.GROUP, groupConfigs],
  [ConfigResourceType.CLIENT_METRICS, clientMetricsConfigs],
])

type Resource = IncrementalAlterConfigsRequest['resources'][number]
type Alteration = Resource['configs'][number]

/**
 * Changes single settings of each resource (KIP-339, Kafka's
 * `ConfigurationControlManager.incrementalAlterConfigs`).
 */
export function incrementalAlterConfigs(
  context: DecisionContext,
  { resources, validateOnly }: IncrementalAlterConfigsRequest,
): Decision<IncrementalAlterConfigsResponse> {
  if (resources.some(({ configs }) => configs.some(isUnknown))) return refuseAll(resources)
  const records: NewRecord[] = []
  const responses = alterEach(resources, (resource): ApiError => {
    let changes: ConfigChanges
    try {
      changes = changesOf(context, resource)
    } catch (error) {
      return toApiError(error)
    }
    const problem = problemWithChanges(context, resource, changes)
    if (problem.errorCode === ErrorCode.NONE) {
      records.push(...configRecords(context, resource, changes))
    }
    return problem
  })
  return configDecision(context, records, responses, validateOnly)
}

function isUnknown({ configOperation }: Alteration): boolean {
  return !Object.values<number>(Operation).includes(configOperation)
}

/** Kafka fails on an operation it doesn't know before it looks at any resource, and says nothing of it. */
function refuseAll(resources: readonly Resource[]): Decision<IncrementalAlterConfigsResponse> {
  const responses = resources.map(({ resourceType, resourceName }) => ({
    errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
    errorMessage: null,
    resourceType,
    resourceName,
  }))
  return { records: [], response: { throttleTimeMs: 0, responses } }
}

function changesOf(context: DecisionContext, resource: Resource): ConfigChanges {
  const before = current(context, resource)
  return new Map(
    resource.configs.map((alteration) => [
      alteration.name,
      valueAfter(resource.resourceType, before.get(alteration.name), alteration),
    ]),
  )
}

function valueAfter(
  resourceType: number,
  before: string | undefined,
  { name, configOperation, value }: Alteration,
): string | null {
  switch (configOperation) {
    case Operation.SET:
      return required(name, value)
    case Operation.DELETE:
      return null
    case Operation.APPEND: {
      const parts = listBefore(resourceType, name, before, 'APPEND')
      return [...new Set([...parts, ...required(name, value).split(',')])].join(',')
    }
    default: {
      const parts = listBefore(resourceType, name, before, 'SUBTRACT')
      const gone = new Set(required(name, value).split(','))
      return parts.filter((part) => !gone.has(part)).join(',')
    }
  }
}

function required(name: string, value: string | null): string {
  if (value !== null) return value
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${name}`)
}

/** What a list holds before it is changed: what is set, else Kafka's default. */
function listBefore(
  resourceType: number,
  name: string,
  before: string | undefined,
  operation: 'APPEND' | 'SUBTRACT',
): string[] {
  const table = TABLES.get(resourceType)
  const key = table && Object.hasOwn(table, name) ? table[name] : undefined
  if (key?.type !== 'LIST') {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `Can't ${operation} to key ${name} because its type is not LIST.`,
    )
  }
  const text = before ?? formatValue(key.defaultValue ?? null, key.type) ?? ''
  return text.split(',').filter((part) => part !== '')
}

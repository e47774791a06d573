import type { NewRecord } from '../metadata/record.js'
import { ErrorCode } from '../protocol/errors.js'
import type { AlterConfigsRequest, AlterConfigsResponse } from '../protocol/schema/alter-configs.js'
import { alterEach, configDecision } from './alter-each.js'
import type { ApiError } from './api-error.js'
import { configRecords, current, problemWithChanges } from './config-change.js'
import type { Decision, DecisionContext } from './decision.js'

/**
 * Replaces all that is set on each resource (Kafka's
 * `ConfigurationControlManager.legacyAlterConfigs`).
 */
export function alterConfigs(
  context: DecisionContext,
  { resources, validateOnly }: AlterConfigsRequest,
): Decision<AlterConfigsResponse> {
  const records: NewRecord[] = []
  const responses = alterEach(resources, (resource): ApiError => {
    const changes = new Map(resource.configs.map(({ name, value }) => [name, value]))
    const implied = [...current(context, resource).keys()].filter((name) => !changes.has(name))
    const all = new Map([...changes, ...implied.map((name) => [name, null] as const)])
    const problem = problemWithChanges(context, resource, all)
    if (problem.errorCode === ErrorCode.NONE) {
      records.push(...configRecords(context, resource, all))
    }
    return problem
  })
  return configDecision(context, records, responses, validateOnly)
}

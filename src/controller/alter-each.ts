import { ConfigResourceType } from '../metadata/config/resource.js'
import type { NewRecord } from '../metadata/record.js'
import { ErrorCode } from '../protocol/errors.js'
import { type ApiError, apiError, duplicates, errorOf } from './api-error.js'
import { clearElrRecords } from './config-change.js'
import { resourceTypeName } from './config-validation.js'
import { type Decision, type DecisionContext, requireBounded } from './decision.js'

interface ResourceName {
  readonly resourceType: number
  readonly resourceName: string
}

type ResourceAnswer = ApiError & ResourceName

const ALTERABLE: ReadonlySet<number> = new Set([
  ConfigResourceType.TOPIC,
  ConfigResourceType.BROKER,
  ConfigResourceType.CLIENT_METRICS,
  ConfigResourceType.GROUP,
])

/**
 * Alters each resource that a request names once, and answers for all of them as Kafka's
 * `ControllerApis` does: one answer for a resource that comes again.
 */
export function alterEach<R extends ResourceName>(
  resources: readonly R[],
  alter: (resource: R) => ApiError,
): ResourceAnswer[] {
  const keyOf = ({ resourceType, resourceName }: ResourceName): string =>
    `${resourceType}:${resourceName}`
  const repeated = duplicates(resources, keyOf)
  const responses: ResourceAnswer[] = []
  for (const resource of resources) {
    const { resourceType, resourceName } = resource
    const add = (error: ApiError): void => {
      responses.push({ ...error, resourceType, resourceName })
    }
    const isFirst =
      resources.findIndex((each) => keyOf(each) === keyOf(resource)) === resources.indexOf(resource)
    if (resourceType === ConfigResourceType.BROKER_LOGGER) {
      const type = resourceTypeName(resourceType)
      add(apiError(ErrorCode.INVALID_REQUEST, `Unexpected resource type ${type}.`))
    } else if (!ALTERABLE.has(resourceType)) {
      add(apiError(ErrorCode.UNSUPPORTED_VERSION, `Unknown resource type ${resourceType}.`))
    } else if (!repeated.has(keyOf(resource))) {
      add(alter(resource))
    } else if (isFirst) {
      add(apiError(ErrorCode.INVALID_REQUEST, 'Duplicate resource.'))
    }
  }
  return responses
}

/** What was decided for all of a request's resources together, unless it is too much. */
export function configDecision(
  context: DecisionContext,
  changes: readonly NewRecord[],
  answers: readonly ResourceAnswer[],
  validateOnly: boolean,
): Decision<{ throttleTimeMs: number; responses: ResourceAnswer[] }> {
  const records = [...changes, ...clearElrRecords(context, changes)]
  const problem = errorOf(() => requireBounded(records))
  if (problem.errorCode === ErrorCode.NONE) {
    const response = { throttleTimeMs: 0, responses: [...answers] }
    return { records: validateOnly ? [] : records, response }
  }
  const responses = answers.map((answer) => ({ ...answer, ...problem }))
  return { records: [], response: { throttleTimeMs: 0, responses } }
}

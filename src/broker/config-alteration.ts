import {
  type ApiError,
  apiError,
  duplicates,
  NO_ERROR,
  toApiError,
} from '../controller/api-error.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
  type Subject,
} from '../security/authorizer.js'
import type { DynamicBrokerConfig } from './dynamic-broker-config.js'
import type { ForwardingServices } from './forwarding.js'

export interface ConfigAlterationServices extends ForwardingServices {
  readonly config: DynamicBrokerConfig
  readonly authorizer: Authorizer
}

/** A resource in a request that changes configurations. */
export interface AlteredResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

/** What became of one. */
export interface AlteredAnswer extends ApiError {
  readonly resourceType: number
  readonly resourceName: string
}

const REPEATED = apiError(ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.')
/** What a controller that leaves a resource out is taken to have said. */
const NO_ANSWER: ApiError = { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null }

const keyOf = ({ resourceType, resourceName }: Omit<AlteredResource, 'configs'>): string =>
  `${resourceType} ${resourceName}`

/**
 * Takes care of what can be said here of each resource, has the controller decide on the rest, and
 * puts the answers in the order of the request (Kafka's `ConfigAdminManager`).
 *
 * @param check throws what is wrong with a resource; true when there is nothing left to decide
 * @param send asks the controller
 */
export async function alterConfigsOf<R extends AlteredResource>(
  resources: readonly R[],
  check: (resource: R) => boolean,
  send: (resources: R[]) => Promise<{ readonly responses: readonly AlteredAnswer[] }>,
): Promise<AlteredAnswer[]> {
  const repeated = duplicates(resources, keyOf)
  const answers = new Map<string, ApiError>()
  for (const resource of resources) {
    const key = keyOf(resource)
    const answer = repeated.has(key) ? REPEATED : settled(() => check(resource))
    if (answer) answers.set(key, answer)
  }
  const left = resources.filter((resource) => !answers.has(keyOf(resource)))
  if (left.length > 0) {
    const { responses } = await send(left)
    for (const { errorCode, errorMessage, ...resource } of responses) {
      answers.set(keyOf(resource), { errorCode, errorMessage })
    }
  }
  return resources.map((resource) => {
    const { resourceType, resourceName } = resource
    return { ...(answers.get(keyOf(resource)) ?? NO_ANSWER), resourceType, resourceName }
  })
}

function settled(check: () => boolean): ApiError | undefined {
  try {
    return check() ? NO_ERROR : undefined
  } catch (error) {
    return toApiError(error)
  }
}

/** @throws KafkaError INVALID_REQUEST for a configuration that comes twice, or has no value */
export function requireValues(
  { configs }: AlteredResource,
  needsValue: (index: number) => boolean = () => true,
): void {
  if (duplicates(configs, ({ name }) => name).size > 0) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys')
  }
  const missing = configs.filter(({ value }, index) => value === null && needsValue(index))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join(', ')
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${names}`)
}

/** @throws KafkaError INVALID_REQUEST when it isn't the id of this node */
export function requireThisNode(name: string, nodeId: number, ifOther: string): void {
  if (!/^[+-]?\d+$/.test(name)) {
    const message = `Node id must be an integer, but it is: ${name}`
    throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
  }
  if (Number(name) !== nodeId) throw new KafkaError(ErrorCode.INVALID_REQUEST, ifOther)
}

/**
 * Checks what a BROKER resource would be set to.
 *
 * @throws KafkaError INVALID_REQUEST when this broker couldn't run so
 */
export function requireBrokerSettings(
  config: DynamicBrokerConfig,
  resourceName: string,
  settings: () => ReadonlyMap<string, string>,
): void {
  const { nodeId } = config.current
  if (resourceName !== '') {
    const message = `Unexpected broker id, expected ${nodeId}, but received ${resourceName}`
    requireThisNode(resourceName, nodeId, message)
  }
  config.validate(settings(), resourceName !== '')
}

/** @throws KafkaError INVALID_REQUEST for a type of resource that has no configurations in the log */
export function requireStoredType(resourceType: number): void {
  const { TOPIC, CLIENT_METRICS, GROUP } = ConfigResourceType
  if (resourceType === TOPIC || resourceType === CLIENT_METRICS || resourceType === GROUP) return
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `Unknown resource type ${resourceType}`)
}

/** @throws KafkaError …_AUTHORIZATION_FAILED */
export function requireAlterConfigs(
  authorizer: Authorizer,
  subject: Subject,
  { resourceType, resourceName }: AlteredResource,
): void {
  const [type, name, code] = aclResourceOf(resourceType, resourceName)
  if (authorizer.isAllowed(subject, AclOperation.ALTER_CONFIGS, type, name)) return
  throw new KafkaError(code)
}

/** Whose ACLs guard the configurations of a resource, and what is answered when they forbid it. */
export function aclResourceOf(
  type: number,
  name: string,
): readonly [ResourceType, string, ErrorCode] {
  switch (type) {
    case ConfigResourceType.TOPIC:
      return [ResourceType.TOPIC, name, ErrorCode.TOPIC_AUTHORIZATION_FAILED]
    case ConfigResourceType.GROUP:
      return [ResourceType.GROUP, name, ErrorCode.GROUP_AUTHORIZATION_FAILED]
    default:
      return [ResourceType.CLUSTER, CLUSTER_NAME, ErrorCode.CLUSTER_AUTHORIZATION_FAILED]
  }
}

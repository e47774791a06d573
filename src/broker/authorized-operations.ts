import {
  AclOperation,
  type Authorizer,
  ResourceType,
  type Subject,
} from '../security/authorizer.js'

const {
  READ,
  WRITE,
  CREATE,
  DELETE,
  ALTER,
  DESCRIBE,
  CLUSTER_ACTION,
  DESCRIBE_CONFIGS,
  ALTER_CONFIGS,
  IDEMPOTENT_WRITE,
} = AclOperation

/** What can be done to a resource of each type (Kafka's `AclEntry.supportedOperations`). */
const SUPPORTED: Readonly<Record<ResourceType, readonly AclOperation[]>> = {
  [ResourceType.TOPIC]: [
    READ,
    WRITE,
    CREATE,
    DESCRIBE,
    DELETE,
    ALTER,
    DESCRIBE_CONFIGS,
    ALTER_CONFIGS,
  ],
  [ResourceType.GROUP]: [READ, DESCRIBE, DELETE, DESCRIBE_CONFIGS, ALTER_CONFIGS],
  [ResourceType.CLUSTER]: [
    CREATE,
    CLUSTER_ACTION,
    DESCRIBE_CONFIGS,
    ALTER_CONFIGS,
    IDEMPOTENT_WRITE,
    ALTER,
    DESCRIBE,
  ],
  [ResourceType.TRANSACTIONAL_ID]: [DESCRIBE, WRITE],
}

/** What `…AuthorizedOperations` of an answer says when nobody asked. */
export const NOT_ASKED = -(2 ** 31)

/** All that the subject may do to a resource: a bit for each operation, numbered by its code. */
export function authorizedOperations(
  authorizer: Authorizer,
  subject: Subject,
  type: ResourceType,
  name: string,
): number {
  const allowed = SUPPORTED[type].filter((operation) =>
    authorizer.isAllowed(subject, operation, type, name),
  )
  return allowed.reduce((bits, operation) => bits | (1 << operation), 0)
}

/** What is done to a resource (Kafka's `AclOperation`), by the code that is on the wire. */
export const AclOperation = {
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  TWO_PHASE_COMMIT: 15,
} as const
export type AclOperation = (typeof AclOperation)[keyof typeof AclOperation]

/** What it is done to (Kafka's `ResourceType`), by the code that is on the wire. */
export const ResourceType = {
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
} as const
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType]

/** Name of the one resource of type CLUSTER. */
export const CLUSTER_NAME = 'kafka-cluster'

/** Who wants to do something. */
export interface Subject {
  /** Kafka's text form, e.g. `User:ANONYMOUS`. */
  readonly principal: string
  /** IP address. */
  readonly clientAddress: string
}

/** Decides who may do what. */
export interface Authorizer {
  isAllowed(
    subject: Subject,
    operation: AclOperation,
    type: ResourceType,
    resourceName: string,
  ): boolean
}

/** The authorizer of a cluster without ACLs (`authorizer.class.name` is empty). */
export const allowEverything: Authorizer = { isAllowed: () => true }

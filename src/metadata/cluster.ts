/** Where a node listens, as it advertises it. */
export interface Endpoint {
  /** The listener's name, e.g. `PLAINTEXT`. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** `org.apache.kafka.common.security.auth.SecurityProtocol` id: 0 PLAINTEXT, 1 SSL, 2, 3 SASL. */
  readonly securityProtocol: number
}

/** The levels of a feature that a node can work with, both ends included. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** A broker as it registered, and what became of it since. Never changes; replaced as a whole. */
export interface BrokerRegistration {
  readonly id: number
  /** Offset of its registration record. */
  readonly epoch: number
  /** Uuid of this run of its process. */
  readonly incarnationId: string
  readonly listeners: readonly Endpoint[]
  readonly supportedFeatures: ReadonlyMap<string, VersionRange>
  readonly rack: string | null
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  readonly isMigratingZkBroker: boolean
  /** Uuids of its log directories that are online. */
  readonly directories: readonly string[]
  /** Log directories that get no new partitions (KIP-1066); null until the broker has said so. */
  readonly cordonedDirectories: readonly string[] | null
}

/** A controller as it registered. */
export interface ControllerRegistration {
  readonly id: number
  readonly incarnationId: string
  readonly zkMigrationReady: boolean
  readonly listeners: readonly Endpoint[]
  readonly supportedFeatures: ReadonlyMap<string, VersionRange>
}

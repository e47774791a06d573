import type { BrokerRegistration, ControllerRegistration } from './cluster.js'
import type { ConfigResourceType } from './config/resource.js'
import type { RecordData } from './record.js'
import type { TopicImage } from './topic.js'

/** Up to where an image has replayed the metadata log. */
export interface MetadataProvenance {
  /** Offset of the last record, -1 when there is none. */
  readonly offset: number
  readonly epoch: number
  /** Append time of the last record, ms since the Unix epoch; -1 when there is none. */
  readonly timestampMs: number
}

/** Access control, credentials, quotas and tokens, as their records have them. */
export interface SecurityImage {
  /** By the entry's uuid. */
  readonly acls: ReadonlyMap<string, RecordData<'AccessControlEntryRecord'>>
  /** By mechanism and user, `1:alice`. */
  readonly scramCredentials: ReadonlyMap<string, RecordData<'UserScramCredentialRecord'>>
  /** By entity and quota key. */
  readonly clientQuotas: ReadonlyMap<string, RecordData<'ClientQuotaRecord'>>
  /** By token id. */
  readonly delegationTokens: ReadonlyMap<string, RecordData<'DelegationTokenRecord'>>
}

/**
 * What the metadata log adds up to. A view that moves on with the log: read it, and keep the
 * objects in it (they are replaced, never changed), but don't keep the view to compare later;
 * what changed is in the {@link MetadataDelta} that goes with it.
 */
export interface MetadataImage {
  readonly clusterId: string
  readonly provenance: MetadataProvenance
  /** Finalized feature levels, `metadata.version` among them; without those of level 0. */
  readonly features: ReadonlyMap<string, number>
  readonly brokers: ReadonlyMap<number, BrokerRegistration>
  readonly controllers: ReadonlyMap<number, ControllerRegistration>
  readonly topicsByName: ReadonlyMap<string, TopicImage>
  readonly topicsById: ReadonlyMap<string, TopicImage>
  /** What was set on one resource; empty when nothing was. */
  configs(type: ConfigResourceType, name: string): ReadonlyMap<string, string>
  /** Names of the resources of a type on which something is set. */
  configuredResources(type: ConfigResourceType): readonly string[]
  /** The first producer id that no broker was given. */
  readonly nextProducerId: number
  /** What is kept for nodes that know more than this one does. */
  readonly security: SecurityImage
}

import { bool } from './config-def.js'

/** Configurations of a node that Apache Kafka doesn't have. */
export const samsaConfigs = {
  /** Serve the API versions that Apache Kafka 3.9 had and 4.0 dropped (KIP-896), message sets included. */
  'samsa.legacy.api.versions.enable': bool(false, 'LOW'),
} as const

import { int, list } from './config-def.js'
import { listOf } from './validators.js'

/** Configurations of a client metrics subscription (KIP-714). */
export const clientMetricsConfigs = {
  'interval.ms': int(300_000, 'MEDIUM'),
  match: list([], 'MEDIUM', listOf({ emptyAllowed: true })),
  metrics: list([], 'MEDIUM', listOf({ emptyAllowed: true })),
}

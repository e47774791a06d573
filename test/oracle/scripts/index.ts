import type { Script } from '../script.js'
import { apiVersions } from './api-versions.js'
import { configs } from './configs.js'
import { fetch } from './fetch.js'
import { groups } from './groups.js'
import { metadata } from './metadata.js'
import { offsets } from './offsets.js'
import { produce } from './produce.js'
import { topics } from './topics.js'

/** Every conversation that samsa and Apache Kafka are compared by. */
export const scripts: readonly Script[] = [
  apiVersions,
  metadata,
  topics,
  configs,
  produce,
  fetch,
  groups,
  offsets,
]

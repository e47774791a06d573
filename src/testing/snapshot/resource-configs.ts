import { ConfigResourceType } from '../../metadata/config/resource.js'
import type { MetadataImage } from '../../metadata/image.js'
import type { ResourceConfigs } from './snapshot.js'

const RESOURCES = [
  ConfigResourceType.BROKER,
  ConfigResourceType.GROUP,
  ConfigResourceType.CLIENT_METRICS,
]

/** Everything that is set on resources that aren't topics. */
export function resourceConfigs(metadata: MetadataImage): ResourceConfigs[] {
  return RESOURCES.flatMap((type) =>
    metadata
      .configuredResources(type)
      .map((name) => ({ type, name, configs: new Map(metadata.configs(type, name)) }))
      .filter(({ configs }) => configs.size > 0),
  )
}

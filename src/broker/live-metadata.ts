import type { ConfigResourceType } from '../metadata/config/resource.js'
import type { MetadataImage } from '../metadata/image.js'

/**
 * The latest image, under one name: the loader begins another one when it takes over a snapshot, and
 * whoever kept the earlier would see nothing new.
 */
export class LiveMetadata implements MetadataImage {
  /** @param latest the image at present */
  constructor(private readonly latest: () => MetadataImage) {}

  get clusterId() {
    return this.latest().clusterId
  }

  get provenance() {
    return this.latest().provenance
  }

  get features() {
    return this.latest().features
  }

  get brokers() {
    return this.latest().brokers
  }

  get controllers() {
    return this.latest().controllers
  }

  get topicsByName() {
    return this.latest().topicsByName
  }

  get topicsById() {
    return this.latest().topicsById
  }

  get nextProducerId() {
    return this.latest().nextProducerId
  }

  get security() {
    return this.latest().security
  }

  configs(type: ConfigResourceType, name: string) {
    return this.latest().configs(type, name)
  }

  configuredResources(type: ConfigResourceType) {
    return this.latest().configuredResources(type)
  }
}

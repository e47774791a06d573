import { ConfigResourceType } from '../../metadata/config/resource.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '../../protocol/schema/list-config-resources.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { type Handler, handler } from '../handler.js'

/** Up to this version, only client metrics subscriptions are listed (KIP-1142). */
const VERSION_OF_CLIENT_METRICS = 0

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = ConfigResourceType
const ALL: readonly ConfigResourceType[] = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP]

export interface ListConfigResourcesServices {
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

/** What configurations can be set on, or are (Kafka's `KafkaApis.handleListConfigResources`). */
export const listConfigResources = ({
  metadata,
  authorizer,
}: ListConfigResourcesServices): Handler =>
  handler(ListConfigResourcesRequest, ListConfigResourcesResponse, {
    handle: (context, { resourceTypes }) => {
      const { DESCRIBE_CONFIGS } = AclOperation
      if (!authorizer.isAllowed(context, DESCRIBE_CONFIGS, ResourceType.CLUSTER, CLUSTER_NAME)) {
        throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
      }
      const asked =
        context.apiVersion === VERSION_OF_CLIENT_METRICS ? [CLIENT_METRICS] : resourceTypes
      if (!asked.every((type) => ALL.some((known) => known === type))) {
        throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
      }
      const types = asked.length === 0 ? ALL : ALL.filter((type) => asked.includes(type))
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        configResources: types.flatMap((resourceType) =>
          namesOf(metadata, resourceType).map((resourceName) => ({ resourceName, resourceType })),
        ),
      }
    },
    refuse: (_, { code }) => ({ throttleTimeMs: 0, errorCode: code, configResources: [] }),
  })

/** Topics and brokers have configurations whether any is set or not. */
function namesOf(image: MetadataImage, type: ConfigResourceType): readonly string[] {
  switch (type) {
    case TOPIC:
      return [...image.topicsByName.keys()]
    case BROKER:
    case BROKER_LOGGER:
      return [...image.brokers.values()].filter(({ fenced }) => !fenced).map(({ id }) => `${id}`)
    default:
      return image.configuredResources(type)
  }
}

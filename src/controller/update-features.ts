import { ConfigResourceType } from '../metadata/config/resource.js'
import { KRAFT_VERSION, METADATA_VERSION, supportedFeatures } from '../metadata/features.js'
import type { MetadataImage } from '../metadata/image.js'
import type { NewRecord } from '../metadata/record.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '../protocol/schema/update-features.js'
import { toApiError } from './api-error.js'
import type { Decision, DecisionContext } from './decision.js'

/** `FeatureUpdate.UpgradeType`. */
const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const

const ELR_VERSION = 'eligible.leader.replicas.version'

type Update = UpdateFeaturesRequest['featureUpdates'][number]

/** Finalizes levels of features, all of them or none (Kafka's `FeatureControlManager`, KIP-584). */
export function updateFeatures(
  context: DecisionContext,
  request: UpdateFeaturesRequest,
  version: number,
): Decision<UpdateFeaturesResponse> {
  const answer = (errorCode: number, errorMessage: string | null) => ({
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    results: request.featureUpdates.map(({ feature }) => ({ feature, errorCode, errorMessage })),
  })
  try {
    const records = request.featureUpdates.flatMap((update) => {
      const upgradeType =
        version > 0
          ? update.upgradeType
          : update.allowDowngrade
            ? UpgradeType.SAFE_DOWNGRADE
            : UpgradeType.UPGRADE
      return recordsFor(context, { ...update, upgradeType })
    })
    return { records: request.validateOnly ? [] : records, response: answer(ErrorCode.NONE, null) }
  } catch (error) {
    const { errorCode, errorMessage } = toApiError(error)
    const message = `The update failed for all features since the following feature had an error: ${errorMessage}`
    return { records: [], response: answer(errorCode, message) }
  }
}

function recordsFor(context: DecisionContext, update: Update): NewRecord[] {
  const { image } = context
  const { feature: name, maxVersionLevel: featureLevel, upgradeType } = update
  const refuse = (reason: string): KafkaError =>
    new KafkaError(
      ErrorCode.INVALID_UPDATE_VERSION,
      `Invalid update version ${featureLevel} for feature ${name}. ${reason}`,
    )
  if (upgradeType < UpgradeType.UPGRADE || upgradeType > UpgradeType.UNSAFE_DOWNGRADE) {
    throw refuse('The controller does not support the given upgrade type.')
  }
  if (featureLevel < 0) throw refuse('A feature version cannot be less than 0.')
  const unsupported = reasonUnsupported(context, name, featureLevel)
  if (unsupported) throw refuse(unsupported)
  const current = image.features.get(name) ?? 0
  if (featureLevel < current && upgradeType === UpgradeType.UPGRADE) {
    throw refuse(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    )
  }
  if (featureLevel === current) return []
  if (name === KRAFT_VERSION) throw refuse('The version of a running quorum cannot be changed.')
  if (name === METADATA_VERSION && featureLevel < current) {
    throw refuse(
      upgradeType === UpgradeType.UNSAFE_DOWNGRADE
        ? 'Unsafe metadata downgrade is not supported in this version.'
        : 'Refusing to perform the requested downgrade because it might delete metadata information.',
    )
  }
  const records: NewRecord[] = name === ELR_VERSION && featureLevel > 0 ? minIsrForElr(context) : []
  return [...records, { type: 'FeatureLevelRecord', version: 0, data: { name, featureLevel } }]
}

/** Every node must be able to work with the level. */
function reasonUnsupported(
  { image, config }: DecisionContext,
  name: string,
  level: number,
): string | undefined {
  const nodes = [
    { who: `Local controller ${config.nodeId}`, ranges: supportedFeatures },
    ...[...image.controllers.values()]
      .filter(({ id }) => id !== config.nodeId)
      .map(({ id, supportedFeatures: ranges }) => ({ who: `Controller ${id}`, ranges })),
    ...[...image.brokers.values()].map(({ id, supportedFeatures: ranges }) => ({
      who: `Broker ${id}`,
      ranges,
    })),
  ]
  for (const { who, ranges } of nodes) {
    const range = ranges.get(name)
    if (!range) return `${who} does not support this feature.`
    if (level < range.min || level > range.max) {
      return `${who} only supports versions ${range.min}-${range.max}`
    }
  }
  return undefined
}

/** ELRs are kept by one `min.insync.replicas` of all brokers, which brokers may not differ from. */
function minIsrForElr({ image, config }: DecisionContext): NewRecord[] {
  const name = 'min.insync.replicas'
  const set = (resourceName: string, value: string | null): NewRecord => ({
    type: 'ConfigRecord',
    version: 0,
    data: { resourceType: ConfigResourceType.BROKER, resourceName, name, value },
  })
  const own = brokersThatSet(image, name).map((broker) => set(broker, null))
  if (image.configs(ConfigResourceType.BROKER, '').has(name)) return own
  return [set('', config.text(name) ?? '1'), ...own]
}

function brokersThatSet(image: MetadataImage, name: string): string[] {
  return image
    .configuredResources(ConfigResourceType.BROKER)
    .filter((broker) => broker !== '' && image.configs(ConfigResourceType.BROKER, broker).has(name))
}

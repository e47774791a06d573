import type { BrokerRegistration, ControllerRegistration, VersionRange } from './cluster.js'
import type { NewRecord, RecordData } from './record.js'
import type { RecordVersions } from './record-versions.js'

interface FeatureRecord {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

function rangesOf(features: readonly FeatureRecord[]): ReadonlyMap<string, VersionRange> {
  return new Map(
    features.map(({ name, minSupportedVersion, maxSupportedVersion }) => [
      name,
      { min: minSupportedVersion, max: maxSupportedVersion },
    ]),
  )
}

function featureRecords(ranges: ReadonlyMap<string, VersionRange>): FeatureRecord[] {
  return [...ranges].map(([name, { min, max }]) => ({
    name,
    minSupportedVersion: min,
    maxSupportedVersion: max,
  }))
}

export function brokerOf(record: RecordData<'RegisterBrokerRecord'>): BrokerRegistration {
  return {
    id: record.brokerId,
    epoch: record.brokerEpoch,
    incarnationId: record.incarnationId,
    listeners: record.endPoints,
    supportedFeatures: rangesOf(record.features),
    rack: record.rack,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
    isMigratingZkBroker: record.isMigratingZkBroker,
    directories: record.logDirs,
    cordonedDirectories: record.cordonedLogDirs,
  }
}

/** The record that registers a broker as it is. */
export function brokerRecord(broker: BrokerRegistration, versions: RecordVersions): NewRecord {
  const version = versions.registerBroker
  return {
    type: 'RegisterBrokerRecord',
    version,
    data: {
      brokerId: broker.id,
      isMigratingZkBroker: version >= 2 && broker.isMigratingZkBroker,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.epoch,
      endPoints: broker.listeners,
      features: featureRecords(broker.supportedFeatures),
      rack: broker.rack,
      fenced: broker.fenced,
      inControlledShutdown: broker.inControlledShutdown,
      logDirs: version >= 3 ? broker.directories : [],
      cordonedLogDirs: version >= 4 ? broker.cordonedDirectories : null,
    },
  }
}

/** A broker after a change; 0 means that a thing stays as it is, an empty list too. */
export function mergeBroker(
  broker: BrokerRegistration,
  change: RecordData<'BrokerRegistrationChangeRecord'>,
): BrokerRegistration {
  return {
    ...broker,
    fenced: change.fenced === 0 ? broker.fenced : change.fenced > 0,
    inControlledShutdown: broker.inControlledShutdown || change.inControlledShutdown > 0,
    directories: change.logDirs.length > 0 ? change.logDirs : broker.directories,
    cordonedDirectories: change.cordonedLogDirs ?? broker.cordonedDirectories,
  }
}

export function controllerOf(
  record: RecordData<'RegisterControllerRecord'>,
): ControllerRegistration {
  return {
    id: record.controllerId,
    incarnationId: record.incarnationId,
    zkMigrationReady: record.zkMigrationReady,
    listeners: record.endPoints,
    supportedFeatures: rangesOf(record.features),
  }
}

export function controllerRecord(controller: ControllerRegistration): NewRecord {
  return {
    type: 'RegisterControllerRecord',
    version: 0,
    data: {
      controllerId: controller.id,
      incarnationId: controller.incarnationId,
      zkMigrationReady: controller.zkMigrationReady,
      endPoints: controller.listeners,
      features: featureRecords(controller.supportedFeatures),
    },
  }
}

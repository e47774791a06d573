import { BrokerLiveness } from '../../../src/controller/broker-liveness.js'
import type {
  ControllerApi,
  ControllerRequest,
  ControllerResponse,
} from '../../../src/controller/channel.js'
import type { Decide, DecisionContext } from '../../../src/controller/decision.js'
import { decisions } from '../../../src/controller/decisions.js'
import { seededRandom } from '../../../src/env/random.js'
import { bootstrapRecords } from '../../../src/metadata/bootstrap.js'
import { BrokerConfig } from '../../../src/metadata/config/broker-config.js'
import { singleNodeProperties } from '../../../src/metadata/config/defaults.js'
import { ConfigResourceType } from '../../../src/metadata/config/resource.js'
import { supportedFeatures } from '../../../src/metadata/features.js'
import { MetadataState } from '../../../src/metadata/metadata-state.js'
import { decodeRecord, encodeRecord, type NewRecord } from '../../../src/metadata/record.js'
import type { PartitionImage } from '../../../src/metadata/topic.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { apis } from '../../../src/protocol/apis.js'
import { decode, encodeToBuffer } from '../../../src/protocol/codec/index.js'

export const CLUSTER_ID = 'c2Ftc2EtY2x1c3Rlci0xMQ'
export const SESSION_MS = 9000

/** A uuid that says what it stands for. */
export function uuid(name: string): string {
  return Buffer.from(name.padEnd(16, '-').slice(0, 16)).toString('base64url')
}

export const features = [...supportedFeatures].map(([name, { min, max }]) => ({
  name,
  minSupportedVersion: min,
  maxSupportedVersion: max,
}))

/** A request as it comes from the wire, what was left out filled in. */
export function requestOf<A extends ControllerApi>(
  api: A,
  body: object,
  version = apis.get(ApiKey[api])!.request.versions.max,
): ControllerRequest<A> {
  const { request } = apis.get(ApiKey[api])!
  return decode(request, version, encodeToBuffer(request, version, body)).value
}

export interface Said<A extends ControllerApi> {
  readonly response: ControllerResponse<A>
  /** As `Type` or `Type field=value ...`, short enough to be read in a test. */
  readonly records: readonly NewRecord[]
}

/** A cluster as its controller sees it: decisions are taken over at once. */
export class Cluster {
  readonly state = new MetadataState(CLUSTER_ID)
  readonly liveness = new BrokerLiveness(SESSION_MS)
  nowMs = 1_000_000
  #nextOffset = 0
  readonly #random = seededRandom(7)
  readonly config: BrokerConfig

  constructor(properties: Readonly<Record<string, string>> = {}) {
    this.config = new BrokerConfig(
      new Map([...singleNodeProperties, ...Object.entries(properties)]),
    )
    this.apply(bootstrapRecords())
    const minIsr = { resourceType: ConfigResourceType.BROKER, resourceName: '' }
    const data = { ...minIsr, name: 'min.insync.replicas', value: '1' }
    this.apply([{ type: 'ConfigRecord', version: 0, data }])
  }

  get context(): DecisionContext {
    const { state: image, config, liveness, nowMs } = this
    return { image, config, liveness, nowMs, random: this.#random, nextOffset: this.#nextOffset }
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  apply(records: readonly NewRecord[]): void {
    for (const record of records) this.state.replay(decodeRecord(encodeRecord(record)))
    this.state.takeDelta()
    this.#nextOffset += records.length
  }

  /** Asks, and takes the decision over. */
  ask<A extends ControllerApi>(api: A, body: object, version?: number): Said<A> {
    const newest = apis.get(ApiKey[api])!.request.versions.max
    const decide = decisions[api] as Decide<ControllerRequest<A>, ControllerResponse<A>>
    const request = requestOf(api, body, version)
    const { records, response } = decide(this.context, request, version ?? newest)
    this.apply(records)
    return { response, records }
  }

  /** Registers a broker, lets it serve, and says its epoch. */
  start(id: number, more: object = {}): number {
    const { response } = this.register(id, more)
    this.liveness.add(id, this.nowMs)
    this.heartbeat(id)
    return response.brokerEpoch
  }

  register(id: number, more: object = {}): Said<'BrokerRegistration'> {
    return this.ask('BrokerRegistration', {
      brokerId: id,
      clusterId: CLUSTER_ID,
      incarnationId: uuid(`run ${id}`),
      listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 + id, securityProtocol: 0 }],
      features,
      rack: null,
      logDirs: [uuid(`dir of ${id}`)],
      ...more,
    })
  }

  heartbeat(id: number, more: object = {}): Said<'BrokerHeartbeat'> {
    const brokerEpoch = this.state.brokers.get(id)?.epoch ?? -1
    const currentMetadataOffset = this.#nextOffset - 1
    const said = this.ask('BrokerHeartbeat', {
      brokerId: id,
      brokerEpoch,
      currentMetadataOffset,
      wantFence: false,
      wantShutDown: false,
      ...more,
    })
    this.liveness.heardOf(id, this.nowMs, currentMetadataOffset)
    return said
  }

  create(name: string, numPartitions = 1, replicationFactor = 1, more: object = {}) {
    const topic = { name, numPartitions, replicationFactor, assignments: [], configs: [], ...more }
    const { response, records } = this.ask('CreateTopics', { topics: [topic] })
    return { ...response.topics[0]!, records }
  }

  /** Creates a topic of one partition on these brokers. */
  assign(name: string, ...brokerIds: number[]) {
    const assignments = [{ partitionIndex: 0, brokerIds }]
    return this.create(name, -1, -1, { assignments })
  }

  partition(topic: string, index = 0): PartitionImage {
    return this.state.topicsByName.get(topic)!.partitions.get(index)!
  }

  topicConfigs(name: string): Record<string, string> {
    return Object.fromEntries(this.state.configs(ConfigResourceType.TOPIC, name))
  }
}

export const typesOf = (records: readonly NewRecord[]): string[] => records.map(({ type }) => type)

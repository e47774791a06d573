import type { ControllerApi, ControllerResponse } from '../../../src/controller/channel.js'
import { QuorumController } from '../../../src/controller/quorum-controller.js'
import type { Clock } from '../../../src/env/clock.js'
import { VirtualClock } from '../../../src/env/clock-virtual.js'
import { silentLogger } from '../../../src/env/logger.js'
import { seededRandom } from '../../../src/env/random.js'
import { BrokerConfig } from '../../../src/metadata/config/broker-config.js'
import { singleNodeProperties } from '../../../src/metadata/config/defaults.js'
import { MetadataLoader } from '../../../src/metadata/loader.js'
import type { RaftClient } from '../../../src/raft/client.js'
import { CLUSTER_ID, features, requestOf, uuid } from './cluster.js'

const CONTEXT = { principal: 'User:ANONYMOUS', clientId: null }
/** A controller over a log, with time that passes when it is told to. */
export class World<R extends RaftClient> {
  readonly clock = new VirtualClock(1_000_000)
  readonly loader: MetadataLoader
  readonly controller: QuorumController
  readonly faults: Error[] = []

  constructor(
    readonly raft: R,
    properties: Readonly<Record<string, string>> = {},
    clock?: Clock,
  ) {
    const onFault = (error: Error): void => void this.faults.push(error)
    this.loader = new MetadataLoader({ clusterId: CLUSTER_ID, logger: silentLogger, onFault })
    raft.register(this.loader)
    this.controller = new QuorumController({
      raft,
      loader: this.loader,
      config: new BrokerConfig(new Map([...singleNodeProperties, ...Object.entries(properties)])),
      clock: clock ?? this.clock,
      random: seededRandom(1),
      logger: silentLogger,
      onFault,
    })
    this.controller.start()
  }

  ask<A extends ControllerApi>(api: A, body: object): Promise<ControllerResponse<A>> {
    return this.controller.request(api, 0, requestOf(api, body), CONTEXT)
  }

  create(name: string) {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    return this.ask('CreateTopics', { topics: [topic] })
  }

  register(run: string, brokerId = 1) {
    return this.ask('BrokerRegistration', {
      brokerId,
      clusterId: CLUSTER_ID,
      incarnationId: uuid(run),
      listeners: [],
      features,
      rack: null,
      logDirs: [uuid(`dir of ${brokerId}`)],
    })
  }

  heartbeat(brokerId = 1, more: object = {}) {
    return this.ask('BrokerHeartbeat', {
      brokerId,
      brokerEpoch: this.loader.image.brokers.get(brokerId)?.epoch ?? -1,
      currentMetadataOffset: this.loader.image.provenance.offset,
      wantFence: false,
      wantShutDown: false,
      ...more,
    })
  }

  /** Moves the clock, and lets go off what is due. */
  pass(ms: number): void {
    const endMs = this.clock.now() + ms
    this.clock.after(ms, () => {})
    while ((this.clock.nextDueMs ?? Number.POSITIVE_INFINITY) <= endMs) this.clock.runNext()
  }
}

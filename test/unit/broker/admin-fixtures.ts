import { DeletedTopics } from '../../../src/broker/deleted-topics.js'
import { RequestDispatcher } from '../../../src/broker/dispatch.js'
import { DynamicBrokerConfig } from '../../../src/broker/dynamic-broker-config.js'
import type { Handler, Peer } from '../../../src/broker/handler.js'
import type {
  ControllerApi,
  ControllerChannel,
  ControllerRequest,
  ControllerResponse,
} from '../../../src/controller/channel.js'
import type { Clock, Clocks } from '../../../src/env/clock.js'
import { type Logger, silentLogger } from '../../../src/env/logger.js'
import { singleNodeProperties } from '../../../src/metadata/config/defaults.js'
import { MetadataState } from '../../../src/metadata/metadata-state.js'
import { decodeRecord, encodeRecord, type NewRecord } from '../../../src/metadata/record.js'
import {
  encodeRequestFrame,
  ResponseHeader,
  responseHeaderVersion,
} from '../../../src/protocol/codec/headers.js'
import { decode } from '../../../src/protocol/codec/index.js'
import {
  type AclOperation,
  type Authorizer,
  allowEverything,
  type ResourceType,
} from '../../../src/security/authorizer.js'

export const TOPIC_A = 'aaaaaaaaaaaaaaaaaaaaaA'
export const TOPIC_B = 'bbbbbbbbbbbbbbbbbbbbbA'
const ID = 'ccccccccccccccccccccca'

// biome-ignore lint/suspicious/noExplicitAny: tests pick fields of any message
export type Body = Record<string, any>

export const broker = (brokerId: number, fenced = false, listener = 'PLAINTEXT'): NewRecord => ({
  type: 'RegisterBrokerRecord',
  version: 3,
  data: {
    brokerId,
    incarnationId: ID,
    brokerEpoch: 1,
    endPoints: [{ name: listener, host: `host-${brokerId}`, port: 9092, securityProtocol: 0 }],
    features: [],
    rack: null,
    fenced,
    logDirs: [ID],
  },
})

/** A topic whose partitions are led by the first of their replicas. */
export const topic = (name: string, topicId: string, replicas: number[][]): NewRecord[] => [
  { type: 'TopicRecord', version: 0, data: { name, topicId } },
  ...replicas.map(
    (ids, partitionId): NewRecord => ({
      type: 'PartitionRecord',
      version: 2,
      data: {
        partitionId,
        topicId,
        replicas: ids,
        isr: ids,
        removingReplicas: [],
        addingReplicas: [],
        leader: ids[0]!,
        leaderEpoch: 5,
        partitionEpoch: 7,
        directories: ids.map(() => ID),
        eligibleLeaderReplicas: null,
        lastKnownElr: null,
      },
    }),
  ),
]

export const setting = (
  resourceType: number,
  resourceName: string,
  name: string,
  value: string,
): NewRecord => ({
  type: 'ConfigRecord',
  version: 0,
  data: { resourceType, resourceName, name, value },
})

export const feature = (name: string, featureLevel: number): NewRecord => ({
  type: 'FeatureLevelRecord',
  version: 0,
  data: { name, featureLevel },
})

/** Takes over records as if they had been committed. */
export function replay(state: MetadataState, ...records: NewRecord[]): void {
  for (const record of records) state.replay(decodeRecord(encodeRecord(record)))
}

export function stateOf(...records: NewRecord[]): MetadataState {
  const state = new MetadataState('cluster-of-the-tests-A')
  replay(state, ...records)
  return state
}

export function configOf(properties: Record<string, string> = {}): DynamicBrokerConfig {
  const all = new Map([...singleNodeProperties, ...Object.entries(properties)])
  return new DynamicBrokerConfig(all, silentLogger)
}

/** A clock on which every wait is over at once, having taken its time. */
export class HastyClock implements Clock {
  #nowMs = 0
  now(): number {
    return this.#nowMs
  }
  after(delayMs: number, callback: () => void) {
    this.#nowMs += delayMs
    queueMicrotask(callback)
    return { cancel: () => {} }
  }
}

export interface Asked {
  readonly api: ControllerApi
  readonly version: number
  readonly request: Body
  readonly principal: string
}

/** A controller that answers as it is told to, and remembers what it was asked. */
export class ScriptedController implements ControllerChannel {
  readonly asked: Asked[] = []

  constructor(private readonly answer: (request: Body) => object) {}

  async request<A extends ControllerApi>(
    api: A,
    version: number,
    request: ControllerRequest<A>,
    { principal }: { principal: string },
  ): Promise<ControllerResponse<A>> {
    this.asked.push({ api, version, request, principal })
    return this.answer(request) as ControllerResponse<A>
  }
}

/** Forbids what `isForbidden` says, and nothing else. */
export function forbidding(
  isForbidden: (operation: AclOperation, type: ResourceType, name: string) => boolean,
): Authorizer {
  return { isAllowed: (_, operation, type, name) => !isForbidden(operation, type, name) }
}

interface Given {
  state?: MetadataState
  controller?: ControllerChannel
  config?: DynamicBrokerConfig
  authorizer?: Authorizer
  logger?: Logger
}

/** All that the handlers of these tests need. */
export function servicesOf(given: Given = {}) {
  const clock = new HastyClock()
  const clocks: Clocks = { logical: clock, pacing: clock }
  return {
    metadata: given.state ?? stateOf(broker(1)),
    controller: given.controller ?? new ScriptedController(() => ({})),
    config: given.config ?? configOf(),
    authorizer: given.authorizer ?? allowEverything,
    logger: given.logger ?? silentLogger,
    clocks,
    deletedTopics: new DeletedTopics(),
  }
}

/** The connection that all requests come in on. */
export const peer: Peer = {
  connectionId: '127.0.0.1:9092-127.0.0.1:50000-0',
  listener: 'PLAINTEXT',
  principal: 'User:ANONYMOUS',
  clientAddress: '127.0.0.1',
  clientPort: 50_000,
  localAddress: '127.0.0.1',
  localPort: 9092,
  clientSoftwareName: 'unknown',
  clientSoftwareVersion: 'unknown',
  closeListeners: new Set(),
}

/** Sends a request through the dispatcher, as bytes, and reads the answer. */
export async function ask(handler: Handler, version: number, body: object): Promise<Body> {
  const { request, response } = handler
  const header = { correlationId: 7, clientId: 'test' }
  const frame = Buffer.concat(encodeRequestFrame(request, version, header, body))
  const dispatcher = new RequestDispatcher({ handlers: [handler], logger: silentLogger })
  const outcome = await dispatcher.dispatch(frame.subarray(4), peer)
  if (outcome.close) throw new Error('the connection was closed')
  const answer = Buffer.concat(outcome.frame).subarray(4)
  const { end } = decode(ResponseHeader, responseHeaderVersion(request.key, version), answer)
  return decode(response, version, answer, end).value as Body
}

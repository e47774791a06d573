import type { Exchange } from '../../broker/interceptor.js'
import type { AnyMessage, Fields } from '../../protocol/codec/index.js'
import { nameMatcher } from '../name-matcher.js'
import { selectedApis } from './check-spec.js'
import {
  type EntityKind,
  EntityReader,
  isEntryArray,
  type Struct,
  type TopicNames,
} from './entities.js'
import type { ApiSelector, FaultSelectors, FaultSpec, NameSelector } from './fault-spec.js'
import { type EntitySelection, MessageSplitter, type Split } from './split.js'

/** How much of a request a fault is for. */
export type Match =
  /** All of it. */
  | { readonly kind: 'whole' }
  /** These entries of it. */
  | { readonly kind: 'entries'; readonly split: Split<Struct> }
  /** It asks for all there is: what its answer has of that is found out only then. */
  | { readonly kind: 'all' }

/** The innermost first. */
const LEVELS = ['partition', 'topic', 'transactionalId', 'group'] as const

export interface BrokerKnowledge {
  readonly nodeId: number
  readonly topicNames: TopicNames
}

/** Whom and what one fault is for. */
export class RequestMatcher {
  readonly #apis: ReadonlySet<number> | undefined
  readonly #isClient: ((name: string) => boolean) | undefined
  readonly #connection: string | undefined
  readonly #isOtherBroker: boolean
  /** Undefined when no entries are picked out. */
  readonly selection: EntitySelection | undefined

  constructor(
    spec: FaultSpec,
    readonly broker: BrokerKnowledge,
    api: ApiSelector = 'api' in spec ? spec.api : '*',
  ) {
    this.#apis = selectedApis(api)
    this.#isClient = spec.clientId === undefined ? undefined : nameMatcher(spec.clientId)
    this.#connection = spec.connection
    this.#isOtherBroker = spec.broker !== undefined && spec.broker !== broker.nodeId
    this.selection = selectionOf(spec)
  }

  /** What the innermost entries are about that are picked out. */
  get level(): EntityKind | undefined {
    const { selection } = this
    if (selection === undefined) return undefined
    return LEVELS.find((kind) => selection[kind] !== undefined)
  }

  /** Whether it is about requests like this one; {@link match} tells how much of it. */
  concerns({ context }: Exchange): boolean {
    if (this.#isOtherBroker) return false
    if (this.#apis !== undefined && !this.#apis.has(context.apiKey)) return false
    if (this.#connection !== undefined && this.#connection !== context.connectionId) return false
    return this.#isClient === undefined || this.#isClient(context.clientId ?? '')
  }

  /** @returns undefined when nothing of it is meant */
  match(exchange: Exchange): Match | undefined {
    if (this.selection === undefined) return { kind: 'whole' }
    const { request } = exchange.handler
    const split = this.splitter(exchange).split(request, exchange.request)
    if (split.meant !== undefined) {
      return split.rest === undefined ? { kind: 'whole' } : { kind: 'entries', split }
    }
    const kinds = Object.keys(this.selection) as EntityKind[]
    const asksForAll = kinds.includes('topic') && hasNullTopics(request, exchange)
    return asksForAll ? { kind: 'all' } : undefined
  }

  reader({ request, context }: Exchange): EntityReader {
    const { keyType } = request as { readonly keyType?: number }
    return new EntityReader(this.broker.topicNames, context.apiVersion, keyType)
  }

  splitter(exchange: Exchange): MessageSplitter {
    return new MessageSplitter(this.reader(exchange), this.selection ?? {})
  }

  /** Whether a partition is among those that are picked out, if any are. */
  isPartition(topic: string | undefined, partition: number): boolean {
    const tests = this.selection ?? {}
    const isTopic = tests.topic === undefined || (topic !== undefined && tests.topic(topic))
    return isTopic && (tests.partition === undefined || tests.partition(partition))
  }
}

function selectionOf(selectors: FaultSelectors): EntitySelection | undefined {
  const selection: EntitySelection = {}
  const add = (kind: EntityKind, selector: NameSelector | undefined): void => {
    if (selector === undefined) return
    const matches = nameMatcher(selector)
    selection[kind] = (name) => matches(String(name))
  }
  add('topic', selectors.topic)
  add('group', selectors.group)
  add('transactionalId', selectors.transactionalId)
  const { partition } = selectors
  if (partition !== undefined) selection.partition = (index) => index === partition
  return Object.keys(selection).length === 0 ? undefined : selection
}

/** Metadata of version 0 asks for all topics by naming none. */
function hasNullTopics(message: AnyMessage, { context, request }: Exchange): boolean {
  const isFirstMetadata = message.name === 'MetadataRequest' && context.apiVersion === 0
  if (isFirstMetadata) return (request as { topics: unknown[] }).topics.length === 0
  return hasNullArray(message.name, message.fields, request as Struct, context.apiVersion)
}

function hasNullArray(message: string, fields: Fields, value: Struct, version: number): boolean {
  return Object.entries(fields).some(([name, { type, modifiers }]) => {
    const { versions } = modifiers
    if (type.kind !== 'array' || version < versions.min || version > versions.max) return false
    if (!isEntryArray(message, name, type)) return false
    const values = value[name]
    if (values === null) return true
    const { element } = type
    if (element.kind !== 'struct' || !Array.isArray(values)) return false
    return values.some((each) => hasNullArray(message, element.fields, each as Struct, version))
  })
}

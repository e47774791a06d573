import {
  type Consumer,
  type ConsumerCrashEvent,
  Kafka,
  type LogEntry,
  logLevel,
  type Producer,
} from 'kafkajs'
import type { RunningBroker } from '../../../src/index.js'
import { until } from '../../support/until.js'
import { producerOf } from '../kafkajs/client.js'

/** A request of kafkajs and what has become of it, as its instrumentation events tell. */
export interface RequestEvent {
  readonly apiKey: number
  readonly correlationId: number
  /** Milliseconds from sending to the answer. */
  readonly duration: number
}

/** A response as kafkajs has decoded it, or the error that it found in there. */
export interface HeardResponse {
  readonly apiKey: number
  readonly error?: string
  readonly data?: Readonly<Record<string, unknown>>
}

interface NetworkEvent {
  readonly payload: RequestEvent
}

export const INPUT = 'input'
const CUT_OFF = 'Kafka server has closed connection'
const RESPONSE = /^Response \w+\(key: (\d+),/

/** Kafka's name of an error (as kafkajs has it), or kafkajs's own for one of its own. */
export function whatIs(error: unknown): string {
  const { type, name, cause } = error as Error & { readonly type?: string }
  return type ?? (cause === undefined ? name : whatIs(cause))
}

/** Somebody who uses kafkajs under a name of their own, and all that kafkajs hears and says. */
export class KafkajsUser {
  readonly responses: HeardResponse[] = []
  readonly requests: RequestEvent[] = []
  readonly timeouts: RequestEvent[] = []
  /** How often the broker has closed a connection. */
  cutOffs = 0
  /** What a consumer has crashed with; kafkajs starts it again after most. */
  readonly crashes: string[] = []
  readonly #kafka: Kafka

  constructor(
    private readonly broker: RunningBroker,
    readonly name: string,
    requestTimeout?: number,
  ) {
    this.#kafka = new Kafka({
      ...broker.clients.kafkajs(name),
      logLevel: logLevel.DEBUG,
      logCreator: () => (entry) => this.#heard(entry),
      ...(requestTimeout === undefined ? {} : { requestTimeout }),
    })
  }

  /** Writes a message in a transaction, to a topic of their name. */
  async transact(): Promise<void> {
    const producer = producerOf(this.#kafka, {
      transactionalId: this.name,
      idempotent: true,
      maxInFlightRequests: 1,
    })
    this.#listen(producer)
    try {
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic: this.name, messages: [{ value: 'written' }] })
      await transaction.commit()
    } finally {
      await producer.disconnect()
    }
  }

  /**
   * Reads what is in {@link INPUT} as a group, and commits it.
   *
   * @param isDone whether it has read for long enough
   * @returns the offsets of the messages
   */
  async consume(isDone: () => boolean): Promise<readonly string[]> {
    const consumer = this.#kafka.consumer({
      groupId: this.name,
      heartbeatInterval: 5,
      rebalanceTimeout: 500,
      maxWaitTimeInMs: 50,
    })
    this.#listen(consumer)
    let end: string | undefined
    consumer.on(consumer.events.CRASH, ({ payload }: ConsumerCrashEvent) => {
      const what = whatIs(payload.error)
      this.crashes.push(what)
      if (!payload.restart) end = what
    })
    const offsets: string[] = []
    const hasCommitted = async (): Promise<boolean> => {
      const last = offsets.at(-1)
      if (last === undefined) return false
      const next = String(Number(last) + 1)
      const [committed] = await this.broker.group(this.name).offsets()
      if (String(committed?.offset) === next) return true
      try {
        await consumer.commitOffsets([{ topic: INPUT, partition: 0, offset: next }])
      } catch (error) {
        // It is about to join anew, and commits after that.
        if (whatIs(error) !== 'REBALANCE_IN_PROGRESS') throw error
      }
      return false
    }
    const eachMessage = async ({ message }: { message: { offset: string } }) => {
      offsets.push(message.offset)
    }
    try {
      await consumer.connect()
      await consumer.subscribe({ topic: INPUT, fromBeginning: true })
      await consumer.run({ eachMessage, autoCommit: false })
      await until(
        async () => end !== undefined || ((await hasCommitted()) && isDone()),
        `what ${this.name} reads`,
      )
      if (end !== undefined) throw Object.assign(new Error(end), { type: end })
      return offsets
    } finally {
      await consumer.disconnect()
    }
  }

  #listen(client: Producer | Consumer): void {
    const { REQUEST, REQUEST_TIMEOUT } = client.events
    const on = client.on as (event: string, listener: (event: NetworkEvent) => void) => void
    on(REQUEST, ({ payload }) => this.requests.push(payload))
    on(REQUEST_TIMEOUT, ({ payload }) => this.timeouts.push(payload))
  }

  #heard({ log }: LogEntry): void {
    const { message, error, data } = log
    if (message === CUT_OFF) this.cutOffs++
    const apiKey = RESPONSE.exec(message)?.[1]
    if (apiKey !== undefined) this.responses.push({ apiKey: Number(apiKey), error, data })
  }
}

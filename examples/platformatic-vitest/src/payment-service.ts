import { setTimeout } from 'node:timers/promises'
import {
  Consumer,
  FetchIsolationLevels,
  findErrorBy,
  type Message,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { type Order, parseOrder } from './order.js'
import type { ClientOptions } from './order-desk.js'
import { DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES } from './topics.js'

const GROUP_ID = 'payment-service'
const FENCED = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH']

export interface Gateway {
  /** Charges an order once, however often it is called for it. @returns the receipt */
  charge(order: Order): Promise<string>
}

export interface PaymentServiceOptions {
  readonly client: ClientOptions
  readonly gateway: Gateway
  /** Each running instance has its own, and keeps it when restarted. */
  readonly transactionalId: string
  /** Payments are tried so often; three times unless said. */
  readonly maxAttempts?: number
  /** How long to wait after a failure, in milliseconds. */
  readonly pauseMs?: number
}

type Received = Message<string, string, string, string>
type Producing = Producer<string, string, string, string>
type Consuming = Consumer<string, string, string, string>

interface Result {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers?: Record<string, string>
}

/**
 * Has each order paid, and says so in `payments` exactly once. What fails is tried again by way of
 * `orders.retry`, and ends up in `orders.dead-letter` when that doesn't help.
 */
export class PaymentService {
  readonly #options
  #isStopping = false
  #closeClients = async (): Promise<void> => {}
  /** Resolves after `stop`; rejects when another instance of the same transactional id has taken over. */
  readonly ended: Promise<void>

  /** Begins at once. */
  constructor(options: PaymentServiceOptions) {
    this.#options = { maxAttempts: 3, pauseMs: 100, ...options }
    this.ended = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#closeClients()
    await this.ended
  }

  /**
   * Works until something fails, then begins anew from what is committed: whether a transaction was,
   * whose answer is lost, needs no finding out that way.
   */
  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#work()
      } catch (error) {
        if (isFenced(error)) throw error
        if (!this.#isStopping) await setTimeout(this.#options.pauseMs)
      }
    }
  }

  async #work(): Promise<void> {
    const producer = this.#newProducer()
    const consumer = this.#newConsumer()
    this.#closeClients = async () => {
      await Promise.allSettled([consumer.close(true), producer.close(true)])
    }
    try {
      // Ends what an earlier producer of this id has left open, and fences that one.
      await (await producer.beginTransaction()).cancel()
      const stream = await consumer.consume({
        topics: [ORDERS, RETRIES],
        mode: 'committed',
        fallbackMode: 'earliest',
      })
      for await (const message of stream) {
        await this.#publish(producer, consumer, message, await this.#charge(message))
      }
    } finally {
      await this.#closeClients()
    }
  }

  async #charge({ key, value, headers }: Received): Promise<Result> {
    let order: Order
    try {
      order = parseOrder(value)
    } catch (error) {
      return { topic: DEAD_LETTERS, key, value, headers: { error: messageOf(error) } }
    }
    try {
      const receipt = await this.#options.gateway.charge(order)
      const payment = { orderId: order.id, amount: order.amount, receipt }
      return { topic: PAYMENTS, key, value: JSON.stringify(payment) }
    } catch (error) {
      const attempts = Number(headers.get('attempts') ?? 0) + 1
      const topic = attempts < this.#options.maxAttempts ? RETRIES : DEAD_LETTERS
      return { topic, key, value, headers: { attempts: `${attempts}`, error: messageOf(error) } }
    }
  }

  /** Result and progress become visible together, or not at all. */
  async #publish(
    producer: Producing,
    consumer: Consuming,
    message: Received,
    result: Result,
  ): Promise<void> {
    const transaction = await producer.beginTransaction()
    await transaction.addConsumer(consumer)
    await transaction.send({ messages: [result] })
    await transaction.addOffset(message)
    await transaction.commit()
  }

  #newProducer(): Producing {
    const { client, transactionalId } = this.#options
    return new Producer({
      ...client,
      serializers: stringSerializers,
      idempotent: true,
      transactionalId,
      // It goes on with an id and epoch of its own otherwise, which the broker doesn't know.
      producerId: -1n,
      producerEpoch: -1,
    })
  }

  #newConsumer(): Consuming {
    return new Consumer({
      ...this.#options.client,
      groupId: GROUP_ID,
      deserializers: stringDeserializers,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      autocommit: false,
      minBytes: 1,
      maxWaitTime: 500,
    })
  }
}

/** Another producer has the same transactional id now. */
function isFenced(error: unknown): boolean {
  return error instanceof Error && FENCED.some((name) => findErrorBy(error, 'apiId', name))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

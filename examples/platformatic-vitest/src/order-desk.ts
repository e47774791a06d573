import { Producer, stringSerializers } from '@platformatic/kafka'
import type { Order } from './order.js'
import { ORDERS } from './topics.js'

export interface ClientOptions {
  readonly clientId: string
  readonly bootstrapBrokers: string[]
}

/** Takes orders: each is written to Kafka once, however often its request has to be repeated. */
export class OrderDesk {
  readonly #producer

  constructor(client: ClientOptions) {
    this.#producer = new Producer({ ...client, idempotent: true, serializers: stringSerializers })
  }

  /** Resolves when the order is safely in Kafka. */
  async place(order: Order): Promise<void> {
    const message = { topic: ORDERS, key: order.id, value: JSON.stringify(order) }
    await this.#producer.send({ messages: [message] })
  }

  async stop(): Promise<void> {
    await this.#producer.close()
  }
}

const { ORDERS } = require('./topics')

/** Takes orders: each is written to Kafka once, however often its request has to be repeated. */
class OrderDesk {
  #producer

  constructor(kafka) {
    this.#producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  }

  async start() {
    await this.#producer.connect()
  }

  /** Resolves when the order is safely in Kafka. */
  async place(order) {
    const message = { key: order.id, value: JSON.stringify(order) }
    await this.#producer.send({ topic: ORDERS, acks: -1, messages: [message] })
  }

  async stop() {
    await this.#producer.disconnect()
  }
}

module.exports = { OrderDesk }

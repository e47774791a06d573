const { DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES } = require('./topics')

const GROUP_ID = 'payment-service'
const FENCED = 'INVALID_PRODUCER_EPOCH'

/**
 * Has each order paid, and says so in `payments` exactly once. What fails is tried again by way of
 * `orders.retry`, and ends up in `orders.dead-letter` when that doesn't help.
 */
class PaymentService {
  #kafka
  #gateway
  #maxAttempts
  #transactionalId
  #onFenced
  #admin
  #consumer
  #producer

  /**
   * @param gateway its `charge(order)` charges an order once, however often it is called for it
   * @param options.transactionalId each running instance has its own, and keeps it when restarted
   * @param options.onFenced another instance has taken over: this one should be stopped
   */
  constructor(kafka, gateway, { maxAttempts = 3, transactionalId = 'payment-0', onFenced } = {}) {
    this.#kafka = kafka
    this.#gateway = gateway
    this.#maxAttempts = maxAttempts
    this.#transactionalId = transactionalId
    this.#onFenced = onFenced
    this.#admin = kafka.admin()
    this.#consumer = kafka.consumer({ groupId: GROUP_ID, maxWaitTimeInMs: 500 })
  }

  async start() {
    await Promise.all([this.#admin.connect(), this.#consumer.connect()])
    this.#producer = await this.#openProducer()
    await this.#consumer.subscribe({ topics: [ORDERS, RETRIES], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      eachMessage: (received) => this.#handle(received),
    })
  }

  async stop() {
    await this.#consumer.disconnect()
    await Promise.all([this.#admin.disconnect(), this.#producer?.disconnect()])
  }

  async #handle({ topic, partition, message }) {
    const result = await this.#charge(message)
    try {
      await this.#publish(result, { topic, partition, offset: offsetAfter(message) })
    } catch (error) {
      if (!isFenced(error)) return this.#goOnFromCommitted(topic, partition, message.offset)
      this.#consumer.pause([{ topic: ORDERS }, { topic: RETRIES }])
      this.#onFenced?.(error)
      throw error
    }
  }

  /** @returns the message that tells what has become of an order, and the topic it belongs to */
  async #charge({ key, value, headers }) {
    let order
    try {
      order = parseOrder(value)
    } catch (error) {
      return { topic: DEAD_LETTERS, message: { key, value, headers: { error: error.message } } }
    }
    try {
      const receipt = await this.#gateway.charge(order)
      const payment = { orderId: order.id, amount: order.amount, receipt }
      return { topic: PAYMENTS, message: { key, value: JSON.stringify(payment) } }
    } catch (error) {
      const attempts = Number(headers.attempts ?? 0) + 1
      const topic = attempts < this.#maxAttempts ? RETRIES : DEAD_LETTERS
      const told = { attempts: String(attempts), error: error.message }
      return { topic, message: { key, value, headers: told } }
    }
  }

  /** Result and progress become visible together, or not at all. */
  async #publish({ topic, message }, progress) {
    const { topic: source, partition, offset } = progress
    const transaction = await this.#producer.transaction()
    await transaction.send({ topic, messages: [message] })
    await transaction.sendOffsets({
      consumerGroupId: GROUP_ID,
      topics: [{ topic: source, partitions: [{ partition, offset }] }],
    })
    await transaction.commit()
  }

  /**
   * A transaction has failed, and whether it was committed is unknown: only its answer may have been
   * lost. A new producer of the same id settles that, and the group's offset then says how it ended.
   */
  async #goOnFromCommitted(topic, partition, currentOffset) {
    const producer = await this.#openProducer()
    try {
      const [{ partitions }] = await this.#admin.fetchOffsets({
        groupId: GROUP_ID,
        topics: [topic],
      })
      const committed = partitions.find((each) => each.partition === partition)?.offset ?? '-1'
      const offset = committed === '-1' ? currentOffset : committed
      this.#consumer.seek({ topic, partition, offset })
    } catch (error) {
      await producer.disconnect()
      throw error
    }
    await this.#producer.disconnect()
    this.#producer = producer
  }

  /** @returns a producer in whose name no transaction is open, and which has fenced any before it */
  async #openProducer() {
    const producer = this.#kafka.producer({
      transactionalId: this.#transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
    })
    try {
      await producer.connect()
      const first = await producer.transaction()
      await first.abort()
      return producer
    } catch (error) {
      await producer.disconnect()
      throw error
    }
  }
}

function isFenced(error) {
  return (error.type ?? error.cause?.type) === FENCED
}

function offsetAfter(message) {
  return String(BigInt(message.offset) + 1n)
}

function parseOrder(value) {
  const order = JSON.parse(value)
  if (typeof order.id === 'string' && order.amount > 0) return order
  throw new Error('an order has an id and an amount')
}

module.exports = { PaymentService }

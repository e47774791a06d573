import { connect, createServer, type Server, type Socket } from 'node:net'
import { type Admin, type Consumer, Kafka, type KafkaConfig, type Producer } from 'kafkajs'
import { type BrokerOptions, type RunningBroker, startBroker } from '../../../src/index.js'
import type { Teardown } from '../../support/teardown.js'
import { until } from '../../support/until.js'

/** A broker and kafkajs clients, all of which end with the test. */
export class Story {
  readonly #ends: (() => Promise<unknown>)[] = []

  static async begin(t: Teardown, options: BrokerOptions = {}): Promise<Story> {
    const story = new Story(await startBroker(options))
    t.teardown(async () => {
      // What a test has left in force must not hold up the clients' farewells.
      await story.broker.faults.clear()
      await Promise.all(story.#ends.map((end) => end()))
      await story.broker.close()
    })
    return story
  }

  private constructor(readonly broker: RunningBroker) {}

  /** @param more beyond `broker.clients.kafkajs()` */
  kafka(more: Partial<KafkaConfig> = {}): Kafka {
    return new Kafka({ ...this.broker.clients.kafkajs(), ...more })
  }

  async producer(kafka = this.kafka(), options = {}): Promise<Producer> {
    const producer = kafka.producer(options)
    this.#ends.push(() => producer.disconnect())
    await producer.connect()
    return producer
  }

  async admin(kafka = this.kafka()): Promise<Admin> {
    const admin = kafka.admin()
    this.#ends.push(() => admin.disconnect())
    await admin.connect()
    return admin
  }

  /** A consumer that runs; it need not have partitions yet. */
  async consume(
    topic: string,
    { groupId = 'billing', fromBeginning = false, kafka = this.kafka() } = {},
  ): Promise<Consuming> {
    const consumer = kafka.consumer({
      groupId,
      maxWaitTimeInMs: 200,
      heartbeatInterval: 200,
      retry: { ...this.broker.clients.kafkajs().retry, retries: 100 },
    })
    this.#ends.push(() => consumer.disconnect())
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning })
    const consuming = new Consuming(consumer)
    await consuming.run()
    return consuming
  }
}

/** What a consumer has been given so far. */
export class Consuming {
  seen: string[] = []

  constructor(readonly consumer: Consumer) {}

  async run(): Promise<void> {
    await this.consumer.run({
      eachMessage: async ({ message }) => {
        this.seen.push(String(message.value))
      },
    })
  }

  async until(value: string): Promise<void> {
    await until(() => this.seen.includes(value), `${value} to be consumed`)
  }
}

export const send = (producer: Producer, topic: string, ...values: string[]) =>
  producer.send({ topic, messages: values.map((value) => ({ value })) })

/** A port that leads to another, as that of a container does. */
export class ForwardedPort {
  readonly #sockets = new Set<Socket>()

  static async to(t: Teardown, targetPort: number): Promise<ForwardedPort> {
    const forwarded: ForwardedPort = new ForwardedPort(
      createServer((socket) => forwarded.#forward(socket, targetPort)),
    )
    await new Promise<void>((resolve) => forwarded.server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => forwarded.close())
    return forwarded
  }

  private constructor(private readonly server: Server) {}

  get address(): string {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('it does not listen')
    return `127.0.0.1:${address.port}`
  }

  /** Connections that lead through it now. */
  get connections(): number {
    return this.#sockets.size
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.server.close()
  }

  #forward(client: Socket, port: number): void {
    const broker = connect(port, '127.0.0.1')
    this.#sockets.add(client)
    client.on('close', () => {
      this.#sockets.delete(client)
      broker.destroy()
    })
    broker.on('close', () => client.destroy())
    for (const socket of [client, broker]) socket.on('error', () => {})
    client.pipe(broker).pipe(client)
  }
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Samsa } from '../../command/samsa.js'
import {
  type ApacheKafkaOptions,
  configureApacheKafka,
  freePort,
  launchApacheKafka,
  reachable,
} from '../../support/apache-kafka/apache-kafka.js'
import { type Teardown, temporaryDirectory } from '../../support/teardown.js'
import { Conversation } from '../conversation.js'

/** Of `__transaction_state`. */
export const STATE_PARTITIONS = 3
const MARKERS = 'kafka.coordinator.transaction.TransactionMarkerChannelManager'
const MARKERS_LEFT_OUT = "Couldn't find leader endpoint"
const SESSION_TIMEOUT_MS = 5 * 60 * 1000

/** What both brokers are told besides where to be. */
const PROPERTIES = {
  'offsets.topic.num.partitions': 3,
  'transaction.state.log.num.partitions': STATE_PARTITIONS,
  // Members live on while another broker starts, and needn't wait for their share.
  'group.consumer.session.timeout.ms': SESSION_TIMEOUT_MS,
  'group.consumer.max.session.timeout.ms': SESSION_TIMEOUT_MS,
  'group.consumer.assignment.interval.ms': 0,
  // A killed broker's session is soon over.
  'broker.session.timeout.ms': 2000,
  'broker.heartbeat.interval.ms': 400,
  // Both come to write snapshots, which the other one starts from.
  'metadata.log.max.record.bytes.between.snapshots': 3000,
  'log.cleaner.backoff.ms': 100,
  'log.cleaner.dedupe.buffer.size': 2 * 1024 * 1024,
}

/** A broker that runs on the directory. */
export interface Broker {
  readonly kind: 'samsa' | 'Apache Kafka'
  stop(how: 'stopped' | 'killed'): Promise<void>
}

/**
 * Apache Kafka 4.3.1 counts partitions without a leader as deleted, and leaves out their markers. There
 * is such a moment when it starts after a broker that was killed, between the session of before and the
 * new one. If its coordinator still gets to write down then that the transaction is complete (which
 * depends on the order in which partitions lose their leaders, and so on the ids of topics), the
 * markers never come.
 */
export class MarkersLeftOut extends Error {}

/** One data directory and one server.properties, for one broker after the other. */
export class Directory {
  private constructor(
    private readonly t: Teardown,
    private readonly options: ApacheKafkaOptions & { readonly port: number },
    private readonly propertiesFile: string,
    /** Where the logs are. */
    readonly data: string,
  ) {}

  /** @param standalone the voters are in the log, for which Apache Kafka has to start first */
  static async create(t: Teardown, standalone: boolean): Promise<Directory> {
    const directory = temporaryDirectory(t)
    const options = {
      directory,
      standalone,
      port: await freePort(),
      controllerPort: await freePort(),
      properties: PROPERTIES,
      heap: '256m',
      javaOptions: [
        ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'],
        `-Dorg.slf4j.simpleLogger.log.${MARKERS}=info`,
      ],
    }
    const { propertiesFile, dataDirectory } = await configureApacheKafka(options)
    return new Directory(t, options, propertiesFile, dataDirectory)
  }

  /**
   * @param hasEnded waits until what the broker found decided is complete, and looks whether it is
   * @throws MarkersLeftOut
   */
  async start(
    kind: Broker['kind'],
    hasEnded: (c: Conversation) => Promise<boolean> = async () => true,
  ): Promise<Broker> {
    if (kind === 'samsa') return this.#startSamsa()
    const said = this.#serverLog()
    const kafka = await this.#startApacheKafka()
    if (await this.talk(hasEnded)) return kafka
    if (!this.#serverLog().slice(said.length).includes(MARKERS_LEFT_OUT)) return kafka
    await kafka.stop('killed')
    throw new MarkersLeftOut(`Apache Kafka left out markers in ${this.data}`)
  }

  /** Starts samsa while another broker has the directory. @returns what it says */
  async refusal(): Promise<string> {
    const samsa = this.#samsa('--port', '0')
    await samsa.ended()
    return samsa.stderr
  }

  /** Talks with the broker that runs. */
  async talk<T>(use: (c: Conversation) => Promise<T>): Promise<T> {
    const conversation = new Conversation('127.0.0.1', this.options.port, () => {})
    try {
      return await use(conversation)
    } finally {
      conversation.close()
    }
  }

  /** What Apache Kafka said so far. */
  #serverLog(): string {
    const log = join(this.options.directory, 'server.log')
    return existsSync(log) ? readFileSync(log, 'utf8') : ''
  }

  #samsa(...more: string[]): Samsa {
    const args = ['--config', this.propertiesFile, '--log-level', 'error', ...more]
    return new Samsa(this.t, this.options.directory, args)
  }

  async #startSamsa(): Promise<Broker> {
    const samsa = this.#samsa()
    await samsa.ready()
    return {
      kind: 'samsa',
      stop: async (how) => {
        await samsa.kill(how === 'killed' ? 'SIGKILL' : 'SIGTERM')
      },
    }
  }

  async #startApacheKafka(): Promise<Broker> {
    const kafka = await launchApacheKafka(this.options)
    this.t.teardown(() => kafka.stop('SIGKILL'))
    await reachable(kafka)
    return {
      kind: 'Apache Kafka',
      stop: (how) => kafka.stop(how === 'killed' ? 'SIGKILL' : 'SIGTERM'),
    }
  }
}

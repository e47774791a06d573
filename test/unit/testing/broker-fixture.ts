import { type BrokerOptions, type RunningBroker, startBroker } from '../../../src/index.js'
import { ApiKey, type ApiName } from '../../../src/protocol/api-keys.js'
import { buildBatch } from '../../../src/protocol/records/index.js'
import { WireClient } from '../../oracle/wire-client.js'
import type { Teardown } from '../../support/teardown.js'
import { RawClient, requestFrame } from '../server/server-fixture.js'

// biome-ignore lint/suspicious/noExplicitAny: tests pick fields of any message
export type Body = Record<string, any>

export const SILENCE_MS = 150

/** A broker, and raw connections to it that are closed with the test. */
export class Fixture {
  readonly #clients: WireClient[] = []

  static async start(t: Teardown, options: BrokerOptions = {}): Promise<Fixture> {
    const fixture = new Fixture(await startBroker(options))
    t.teardown(async () => {
      for (const client of fixture.#clients) client.close()
      await fixture.broker.close()
    })
    return fixture
  }

  private constructor(readonly broker: RunningBroker) {}

  /** A connection of its own. */
  client(clientId = 'test'): FixtureClient {
    const client = WireClient.to(this.broker.bootstrapServers)
    this.#clients.push(client)
    return new FixtureClient(client, clientId)
  }

  /** The frame that comes back, as it is. */
  async rawAnswer(
    api: ApiName,
    version: number,
    body: object,
  ): Promise<{ readonly frame: Buffer }> {
    const { port } = new URL(`http://${this.broker.bootstrapServers}`)
    const client = await RawClient.connect(Number(port))
    client.send(requestFrame(ApiKey[api], version, 1, body))
    await client.answers(1)
    client.close()
    return { frame: client.frames[0]! }
  }

  async createTopic(name: string, numPartitions = 1): Promise<void> {
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    const { topics } = await this.client().ask('CreateTopics', 7, {
      topics: [topic],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    if (topics[0].errorCode !== 0) throw new Error(topics[0].errorMessage)
  }
}

export class FixtureClient {
  constructor(
    private readonly client: WireClient,
    readonly clientId: string,
  ) {}

  /** The body of the answer, which must come. */
  async ask(api: ApiName, version: number, body: object): Promise<Body> {
    const answer = await this.send(api, version, body)
    if (answer.kind === 'response') return answer.body
    throw new Error(`${api}: ${answer.kind}`)
  }

  /** What becomes of a request, silence after `timeoutMs` included. */
  send(api: ApiName, version: number, body: object, timeoutMs = 10_000) {
    return this.client.send(ApiKey[api], version, body, { clientId: this.clientId, timeoutMs })
  }

  produce(partitions: Readonly<Record<string, readonly number[]>>, acks = -1): Promise<Body> {
    return this.ask('Produce', 12, produceBody(partitions, acks))
  }

  /** From the beginning, of the first partition, without a session. */
  async fetch(topic: string, options: { readonly maxWaitMs?: number } = {}): Promise<Body> {
    const { maxWaitMs = 0 } = options
    const { responses } = await this.ask('Fetch', 12, {
      maxWaitMs,
      minBytes: 1,
      topics: [
        { topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] },
      ],
      forgottenTopicsData: [],
    })
    return responses[0].partitions[0]
  }
}

export function produceBody(partitions: Readonly<Record<string, readonly number[]>>, acks = -1) {
  return {
    acks,
    timeoutMs: 10_000,
    topicData: Object.entries(partitions).map(([name, indexes]) => ({
      name,
      partitionData: indexes.map((index) => ({ index, records: oneRecord() })),
    })),
  }
}

function oneRecord(): Buffer {
  return buildBatch({
    timestamp: Date.now(),
    records: [{ key: Buffer.from('key'), value: Buffer.from('value') }],
  })
}

export const metadataBody = (topics: readonly string[] | null) => ({
  topics: topics?.map((name) => ({ name })) ?? null,
  allowAutoTopicCreation: false,
})

import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { startBroker } from '../../../src/index.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { WireClient } from '../../oracle/wire-client.js'
import { temporaryDirectory } from '../../support/teardown.js'

async function ask(bootstrap: string, apiKey: number, version: number, body: object) {
  const client = WireClient.to(bootstrap)
  try {
    const answer = await client.send(apiKey, version, body)
    if (answer.kind !== 'response') throw new Error(answer.kind)
    return answer.body
  } finally {
    client.close()
  }
}

const createTopic = (bootstrap: string, name: string) =>
  ask(bootstrap, ApiKey.CreateTopics, 7, {
    topics: [{ name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  })

const METADATA = {
  topics: null,
  allowAutoTopicCreation: false,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}

async function topicsOf(bootstrap: string): Promise<unknown[]> {
  const { topics } = await ask(bootstrap, ApiKey.Metadata, 9, METADATA)
  return (topics as { name: string; partitions: unknown[] }[]).map(
    ({ name, partitions }) => `${name}: ${partitions.length}`,
  )
}

t.test('several at once, each a cluster of its own', async (t) => {
  const brokers = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => startBroker({ config: { 'num.partitions': String(n) } })),
  )
  t.equal(new Set(brokers.map(({ clusterId }) => clusterId)).size, 5)
  t.equal(new Set(brokers.map(({ bootstrapServers }) => bootstrapServers)).size, 5)
  for (const { bootstrapServers } of brokers) {
    t.match(bootstrapServers, /^127\.0\.0\.1:\d+$/)
    t.match(await createTopic(bootstrapServers, 'mine'), { topics: [{ errorCode: 0 }] })
  }
  const found = await Promise.all(brokers.map((each) => topicsOf(each.bootstrapServers)))
  t.strictSame(found, [['mine: 1'], ['mine: 2'], ['mine: 3'], ['mine: 4'], ['mine: 5']])
  await brokers[0]!.close()
  await t.rejects(topicsOf(brokers[0]!.bootstrapServers), 'the first is gone')
  t.strictSame(await topicsOf(brokers[1]!.bootstrapServers), ['mine: 2'], 'and no other')
  await Promise.all(brokers.map((broker) => broker.close()))
})

t.test('it advertises where it is, and is found registered and unfenced', async (t) => {
  const broker = await startBroker()
  t.teardown(() => broker.close())
  const [host, port] = broker.bootstrapServers.split(':')
  const metadata = await ask(broker.bootstrapServers, ApiKey.Metadata, 9, METADATA)
  t.match(metadata, {
    brokers: [{ nodeId: broker.nodeId, host, port: Number(port) }],
    clusterId: broker.clusterId,
    controllerId: broker.nodeId,
  })
  const { apiKeys, finalizedFeatures } = await ask(broker.bootstrapServers, ApiKey.ApiVersions, 3, {
    clientSoftwareName: 'test',
    clientSoftwareVersion: '1',
  })
  t.ok((apiKeys as unknown[]).length > 10)
  const levels = finalizedFeatures as { name: string; maxVersionLevel: number }[]
  t.match(
    levels.find(({ name }) => name === 'metadata.version'),
    { maxVersionLevel: 30 },
  )
})

t.test('a directory keeps what is in it', async (t) => {
  const directory = join(temporaryDirectory(t), 'data')
  const first = await startBroker({ directory })
  await createTopic(first.bootstrapServers, 'kept')
  await t.rejects(startBroker({ directory }), /in use by another/, 'it has one user at a time')
  await first.close()
  const second = await startBroker({ directory })
  t.equal(second.clusterId, first.clusterId)
  t.strictSame(await topicsOf(second.bootstrapServers), ['kept: 1'])
  await second.close()
  t.ok(readdirSync(directory).includes('.kafka_cleanshutdown'))
})

t.test('await using', async (t) => {
  let bootstrap = ''
  {
    await using broker = await startBroker()
    bootstrap = broker.bootstrapServers
    t.strictSame(await topicsOf(bootstrap), [])
  }
  await t.rejects(topicsOf(bootstrap), 'it is closed')
})

t.test('closing twice, and with connections open', async (t) => {
  const broker = await startBroker()
  const client = WireClient.to(broker.bootstrapServers)
  await client.send(ApiKey.ApiVersions, 0, {})
  await Promise.all([broker.close(), broker.close()])
  t.strictSame(await client.readFrame(10_000), { kind: 'closed' })
})

t.test('a node id of its own makes a quorum of that node', async (t) => {
  const broker = await startBroker({ config: { 'node.id': '0' } })
  t.teardown(() => broker.close())
  t.equal(broker.nodeId, 0)
  const { brokers, controllerId } = await ask(broker.bootstrapServers, ApiKey.Metadata, 9, METADATA)
  t.match(brokers, [{ nodeId: 0 }])
  t.equal(controllerId, 0)
})

t.test('a broker that cannot start leaves nothing behind', async (t) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const directory = join(temporaryDirectory(t), 'data')
  await t.rejects(startBroker({ port, directory }), /cannot listen on .*: port \d+ is in use/)
  await t.rejects(startBroker({ config: { 'num.partitions': 'x' }, directory }), /num.partitions/)
  const config = { 'controller.quorum.voters': '2@localhost:9093' }
  await t.rejects(startBroker({ config, directory }), /voters/)
  const broker = await startBroker({ directory })
  await broker.close()
})

import t from 'tap'
import { systemClocks } from '../../../src/env/clock.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { silentLogger } from '../../../src/env/logger.js'
import { systemNetwork } from '../../../src/env/network-node.js'
import { systemRandom } from '../../../src/env/random.js'
import { bootstrapRecords } from '../../../src/metadata/bootstrap.js'
import { encodeRecord } from '../../../src/metadata/record.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import { formatMetadataDirectory } from '../../../src/raft/format.js'
import { METADATA_DIRECTORY } from '../../../src/raft/quorum.js'
import { BrokerServer, type BrokerServerOptions } from '../../../src/server/broker-server.js'
import { nodeProperties } from '../../../src/server/node-properties.js'
import { WireClient } from '../../oracle/wire-client.js'
import { until } from '../../support/until.js'

const DIRECTORY = '/data'
const MEGABYTE = 1024 * 1024
/** 3.3-IV3 */
const OLDEST_METADATA_VERSION = 7

function optionsOf(disk: MemoryDisk, properties: Record<string, string> = {}): BrokerServerOptions {
  const ofNode = nodeProperties({ disk, directory: DIRECTORY, host: '127.0.0.1', port: 0 })
  return {
    properties: new Map([...ofNode, ...Object.entries(properties)]),
    disk,
    network: systemNetwork,
    clocks: systemClocks,
    random: systemRandom,
    logger: silentLogger,
    hostName: 'here.example',
    onFault: () => {},
  }
}

function clientOf(server: BrokerServer): WireClient {
  return new WireClient('127.0.0.1', server.endpoints[0]!.port)
}

/** @returns the error code */
async function produce(client: WireClient, valueBytes: number): Promise<number> {
  const records = buildBatch({ records: [{ key: null, value: Buffer.alloc(valueBytes) }] })
  const answer = await client.send(ApiKey.Produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: 'full', partitionData: [{ index: 0, records }] }],
  })
  if (answer.kind !== 'response') throw new Error(answer.kind)
  const [topic] = answer.body.responses as { partitionResponses: { errorCode: number }[] }[]
  return topic!.partitionResponses[0]!.errorCode
}

t.test('a disk that is full: producers are told, then the owner, and it closes', async (t) => {
  const disk = new MemoryDisk(4 * MEGABYTE)
  let fault: Error | undefined
  const server = await BrokerServer.start({
    ...optionsOf(disk),
    onFault: (error) => {
      fault = error
    },
  })
  const client = clientOf(server)
  await client.send(ApiKey.Metadata, 9, {
    topics: [{ name: 'full' }],
    allowAutoTopicCreation: true,
  })
  const codes: number[] = []
  while (!codes.includes(ErrorCode.KAFKA_STORAGE_ERROR) && codes.length < 20) {
    codes.push(await produce(client, MEGABYTE / 2))
  }
  t.equal(codes[0], ErrorCode.NONE)
  t.equal(codes.at(-1), ErrorCode.KAFKA_STORAGE_ERROR)
  await until(() => fault, 'the owner to be told')
  t.match(fault, { message: /directories have failed/ })
  client.close()
  await server.close()
})

t.test('what is advertised follows from the listeners', async (t) => {
  const cases: [properties: Record<string, string>, endpoint: object][] = [
    [
      { listeners: 'PLAINTEXT://:0,CONTROLLER://localhost:9093' },
      { name: 'PLAINTEXT', host: 'here.example' },
    ],
    [
      { listeners: 'PLAINTEXT://localhost:0,CONTROLLER://localhost:9093' },
      { name: 'PLAINTEXT', host: 'localhost' },
    ],
    [
      {
        listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://localhost:9093',
        'advertised.listeners': 'PLAINTEXT://proxy.example:1234',
      },
      { name: 'PLAINTEXT', host: 'proxy.example', port: 1234 },
    ],
    [
      {
        listeners: 'INSIDE://127.0.0.1:0,CONTROLLER://localhost:9093',
        'listener.security.protocol.map': 'INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'inter.broker.listener.name': 'INSIDE',
      },
      { name: 'INSIDE', host: '127.0.0.1', securityProtocol: 0 },
    ],
  ]
  for (const [properties, endpoint] of cases) {
    const server = await BrokerServer.start(optionsOf(new MemoryDisk(MEGABYTE), properties))
    t.match(server.endpoints, [endpoint])
    t.ok(server.endpoints[0]!.port > 0)
    await server.close()
  }
})

t.test('each listener tells its clients of itself', async (t) => {
  const properties = {
    listeners: 'A://127.0.0.1:0,B://127.0.0.1:0,CONTROLLER://localhost:9093',
    'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'A',
  }
  const server = await BrokerServer.start(optionsOf(new MemoryDisk(MEGABYTE), properties))
  t.teardown(() => server.close())
  t.equal(server.endpoints.length, 2)
  for (const { port } of server.endpoints) {
    const client = new WireClient('127.0.0.1', port)
    const answer = await client.send(ApiKey.Metadata, 9, { topics: [] })
    client.close()
    t.match(answer, { body: { brokers: [{ port }] } })
  }
})

t.test('what is not supported is refused', async (t) => {
  const cases: [properties: Record<string, string>, message: RegExp][] = [
    [{ 'controller.quorum.voters': '1@localhost:9093,2@localhost:9094' }, /names 2 nodes/],
    [{ 'authorizer.class.name': 'x.Y' }, /authorizer.class.name is not supported/],
    [{ 'metadata.log.dir': '/elsewhere' }, /metadata.log.dir: \/elsewhere is not one of log.dirs/],
    [
      {
        listeners: 'SSL://localhost:0,CONTROLLER://localhost:9093',
        'inter.broker.listener.name': 'SSL',
      },
      /listener SSL is to use SSL; only PLAINTEXT is supported/,
    ],
  ]
  for (const [properties, message] of cases) {
    const disk = new MemoryDisk(MEGABYTE)
    await t.rejects(BrokerServer.start(optionsOf(disk, properties)), { message })
  }
})

t.test('with several directories, topics are spread', async (t) => {
  const disk = new MemoryDisk(100 * MEGABYTE)
  const server = await BrokerServer.start(optionsOf(disk, { 'log.dirs': '/a,/b' }))
  const client = clientOf(server)
  await client.send(ApiKey.CreateTopics, 7, {
    topics: [
      { name: 'full', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  t.equal(await produce(client, 10), ErrorCode.NONE)
  client.close()
  await server.close()
  t.ok(disk.stat('/a/meta.properties') && disk.stat('/b/meta.properties'))
  const again = await BrokerServer.start(optionsOf(disk, { 'log.dirs': '/a,/b' }))
  const second = clientOf(again)
  t.equal(await produce(second, 10), ErrorCode.NONE, 'and found again')
  second.close()
  await again.close()
})

t.test('a directory of the oldest metadata.version is served', async (t) => {
  const disk = new MemoryDisk(4 * MEGABYTE)
  await (await BrokerServer.start(optionsOf(disk))).close()
  disk.remove(`${DIRECTORY}/${METADATA_DIRECTORY}`)
  const levels = new Map([['metadata.version', OLDEST_METADATA_VERSION]])
  const bootstrap = bootstrapRecords(levels).map(encodeRecord)
  formatMetadataDirectory(disk, { logDirectory: DIRECTORY, bootstrap, nowMs: 0 })

  const server = await BrokerServer.start(optionsOf(disk))
  t.teardown(() => server.close())
  const client = clientOf(server)
  t.teardown(() => client.close())
  const versions = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  t.match(await client.send(ApiKey.ApiVersions, 3, versions), {
    body: {
      finalizedFeatures: [{ name: 'metadata.version', maxVersionLevel: OLDEST_METADATA_VERSION }],
    },
  })
  const topics = [{ name: 'full' }]
  await client.send(ApiKey.Metadata, 9, { topics, allowAutoTopicCreation: true })
  t.equal(await produce(client, 100), ErrorCode.NONE)
})

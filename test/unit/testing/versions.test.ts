import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { KAFKA_RELEASES, releaseVersions } from '../../../src/testing/faults/release-versions.js'
import { type Body, Fixture, type FixtureClient, metadataBody } from './broker-fixture.js'

const SOFTWARE = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }

async function advertised(client: FixtureClient, version = 2): Promise<Map<number, string>> {
  const { apiKeys } = await client.ask('ApiVersions', version, version < 3 ? {} : SOFTWARE)
  return new Map(apiKeys.map((k: Body) => [k.apiKey, `${k.minVersion}-${k.maxVersion}`]))
}

t.test('the table says of 4.3 what Apache Kafka 4.3.1 has answered', async (t) => {
  const recorded = readFileSync(join(process.cwd(), 'test/golden/advertised.tsv'), 'utf8')
  const versions = releaseVersions('4.3')
  const lines = recorded
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  let compared = 0
  for (const [key, , range] of lines) {
    const ours = versions.get(Number(key))
    if (range === undefined || range === '' || ours === undefined) continue
    t.equal(`${ours.min}-${ours.max}`, range, `API ${key}`)
    compared++
  }
  t.ok(compared > 50)
})

t.test('well-known versions of older releases', async (t) => {
  const of = (release: string, api: keyof typeof ApiKey) => {
    const versions = releaseVersions(release).get(ApiKey[api])
    return versions && `${versions.min}-${versions.max}`
  }
  t.equal(of('0.11', 'Fetch'), '0-5')
  t.equal(of('2.8.1', 'Produce'), '0-9')
  t.equal(of('2.8', 'Metadata'), '0-11')
  t.equal(of('3.0', 'FindCoordinator'), '0-4', 'KIP-699')
  t.equal(of('2.3', 'IncrementalAlterConfigs'), '0-0', 'KIP-339')
  t.equal(of('2.2', 'IncrementalAlterConfigs'), undefined)
  t.equal(of('4.0', 'Fetch'), '4-17', 'KIP-896')
  for (const release of KAFKA_RELEASES) t.ok(releaseVersions(release).size > 25, release)
})

t.test('a capped API is advertised and served so far', async (t) => {
  const fixture = await Fixture.start(t)
  const { faults } = fixture.broker
  const client = fixture.client()
  const usual = await advertised(client)
  const fetch = faults.capVersions('Fetch', 11)
  faults.capVersions(['CreateTopics', 'ListGroups'], -1)
  const capped = await advertised(client)
  t.equal(capped.get(ApiKey.Fetch), '4-11')
  t.notOk(capped.has(ApiKey.CreateTopics))
  t.notOk(capped.has(ApiKey.ListGroups))
  t.equal(capped.size, usual.size - 2)
  const body = { maxWaitMs: 0, minBytes: 0, topics: [], forgottenTopicsData: [] }
  t.match(await client.send('Fetch', 12, body), { kind: 'closed' })
  t.match(await client.send('ListGroups', 0, {}), { kind: 'closed' })
  t.match(await client.send('Fetch', 11, body), { kind: 'response' })
  await fetch.stop()
  t.match(await client.send('Fetch', 12, body), { kind: 'response' })
})

t.test('features go with the versions that they stand for', async (t) => {
  const fixture = await Fixture.start(t)
  const { faults } = fixture.broker
  const client = fixture.client()
  const features = async () => {
    const answer = await client.ask('ApiVersions', 3, SOFTWARE)
    const finalized = answer.finalizedFeatures.map(({ name }: Body) => name)
    return ['group.version', 'transaction.version'].filter((name) => finalized.includes(name))
  }
  t.strictSame(await features(), ['group.version', 'transaction.version'])
  const produce = faults.capVersions('Produce', 11)
  t.strictSame(await features(), ['group.version'], 'clients add partitions themselves')
  await produce.stop()
  const release = faults.asVersion('3.9')
  t.strictSame(await features(), ['group.version'])
  await release.stop()
  faults.asVersion('3.4')
  t.strictSame(await features(), [])
})

t.test('ApiVersions beyond the cap says which there are (KIP-511)', async (t) => {
  const fixture = await Fixture.start(t)
  fixture.broker.faults.capVersions('ApiVersions', 2)
  const { clientSoftwareName, clientSoftwareVersion } = SOFTWARE
  const body = { clientSoftwareName, clientSoftwareVersion }
  const { frame } = await fixture.rawAnswer('ApiVersions', 4, body)
  // Version 0: the error, and one API.
  t.equal(frame.readInt16BE(4), ErrorCode.UNSUPPORTED_VERSION)
  t.equal(frame.readInt32BE(6), 1)
  t.strictSame([frame.readInt16BE(10), frame.readInt16BE(12), frame.readInt16BE(14)], [18, 0, 2])
})

t.test('a broker as of 2.8 has what that release had, old versions included', async (t) => {
  const fixture = await Fixture.start(t, { asVersion: '2.8' })
  const client = fixture.client()
  const versions = await advertised(client, 0)
  t.equal(versions.get(ApiKey.Produce), '0-9')
  t.equal(versions.get(ApiKey.Fetch), '0-12')
  t.equal(versions.get(ApiKey.FindCoordinator), '0-3')
  t.notOk(versions.has(ApiKey.ConsumerGroupHeartbeat))
  t.notOk(versions.has(ApiKey.DescribeTopicPartitions))
  t.match(await client.send('Metadata', 12, metadataBody([])), { kind: 'closed' })
  t.match(await client.send('Metadata', 0, { topics: [] }), { kind: 'response' })
})

t.test('a broker as of a release is that for good, whatever becomes of faults', async (t) => {
  const fixture = await Fixture.start(t, { asVersion: '2.8' })
  const { broker } = fixture
  const client = () => fixture.client()
  t.strictSame(broker.faults.active, [])
  await broker.reset()
  t.equal((await advertised(client(), 0)).get(ApiKey.Produce), '0-9')
  await broker.faults.capVersions('Produce', 7).stop()
  t.equal((await advertised(client(), 0)).get(ApiKey.Produce), '0-9')
  await t.rejects(Fixture.start(t, { asVersion: '1.5' }), { message: /it has to be one of/ })
})

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type BrokerOptions, startBroker } from '../../../src/index.js'
import { WireClient } from '../../oracle/wire-client.js'
import { until } from '../../support/until.js'
import { FixtureClient } from './broker-fixture.js'

const CYCLES = 20

/** A record goes in and comes out again. */
async function cycle(options: BrokerOptions): Promise<void> {
  const broker = await startBroker(options)
  const connection = WireClient.to(broker.bootstrapServers)
  const client = new FixtureClient(connection, 'test')
  await client.ask('Metadata', 12, { topics: [{ name: 'a' }], allowAutoTopicCreation: true })
  await client.produce({ a: [0] })
  const { records } = await client.fetch('a')
  if (records.length === 0) throw new Error('there is no record')
  connection.close()
  await broker.close()
}

/** What descriptors are open on, where the system tells. */
function openFiles(): readonly string[] {
  const directory = '/proc/self/fd'
  if (!existsSync(directory)) return []
  const files = readdirSync(directory).flatMap((fd) => {
    try {
      return [readlinkSync(join(directory, fd)).replace(/\d+/g, 'N')]
    } catch {
      // That of this very listing.
      return []
    }
  })
  return files.sort()
}

const resources = () => process.getActiveResourcesInfo().sort()

t.test(`${CYCLES} brokers leave no handle, timer or file behind`, async (t) => {
  const [home, temporary] = [process.cwd(), process.env.TMPDIR]
  const place = mkdtempSync(join(tmpdir(), 'samsa-start-close-'))
  const [here, there, data] = ['cwd', 'tmp', 'data'].map((name) => join(place, name))
  for (const directory of [here!, there!]) mkdirSync(directory)
  process.chdir(here!)
  process.env.TMPDIR = there!
  t.teardown(() => {
    process.chdir(home)
    if (temporary === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = temporary
    rmSync(place, { recursive: true, force: true })
  })
  // Some of Node's own are there from the first use on.
  await cycle({})
  await cycle({ directory: data! })
  await until(() => !resources().some((kind) => /Timeout|Req/.test(kind)), 'an idle process')
  const before = { resources: resources(), files: openFiles() }
  for (let n = 0; n < CYCLES; n++) {
    const kinds: readonly BrokerOptions[] = [{}, { clock: 'virtual' }, { directory: data! }]
    await cycle(kinds[n % kinds.length]!)
  }
  await until(() => resources().join() === before.resources.join(), 'handles and timers to go')
  t.strictSame(resources(), before.resources)
  t.strictSame(openFiles(), before.files)
  t.strictSame(readdirSync(here!), [])
  t.strictSame(readdirSync(there!), [])
  t.notOk(existsSync('/samsa-data'), 'what is in memory is not on the disk')
})

t.test('many at once, each a cluster of its own', async (t) => {
  const brokers = await Promise.all(Array.from({ length: 5 }, () => startBroker()))
  t.equal(new Set(brokers.map(({ bootstrapServers }) => bootstrapServers)).size, 5)
  t.equal(new Set(brokers.map(({ clusterId }) => clusterId)).size, 5)
  await brokers[0]!.seed({ topics: { a: null } })
  t.notOk(brokers[1]!.topic('a').exists())
  await Promise.all(brokers.map((broker) => broker.close()))
})

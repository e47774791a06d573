import { readFileSync } from 'node:fs'
import { Kafka } from 'kafkajs'
import t from 'tap'
import { type FaultSpec, startBroker } from '../../src/index.js'
import { ConfigResourceType } from '../../src/metadata/config/resource.js'
import { faultKinds } from '../../src/testing/faults/check-spec.js'
import { profileProperties } from '../../src/testing/profiles.js'

/** Rows of the tables whose first cell is a name in code, cell by cell, without their marks. */
function rowsOf(page: string, heading: string): readonly (readonly string[])[] {
  const text = readFileSync(page, 'utf8')
  const [, section = ''] = text.split(new RegExp(`^## ${heading}$`, 'm'))
  const [own = ''] = section.split(/^## /m)
  return own
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`|`$/g, '')),
    )
}

t.test('each difference of the profile test is listed, with what it is otherwise', async (t) => {
  const rows = rowsOf('docs/testing.md', 'Profiles')
  const listed = new Map(rows.map(([name, , test]) => [name, test]))
  t.strictSame(listed, new Map(profileProperties('test')))
  await using broker = await startBroker({ profile: 'kafka' })
  const admin = new Kafka(broker.clients.kafkajs()).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceType.BROKER, name: String(broker.nodeId) }],
  })
  const configs = new Map(
    resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  )
  for (const [name, kafka, test] of rows) {
    t.equal(configs.get(name!), kafka, name!)
    t.not(kafka, test, `${name} differs`)
  }
})

t.test('each kind of fault is listed, in code and as the same data', async (t) => {
  const rows = rowsOf('docs/testing-faults.md', 'Faults').filter((cells) => cells.length === 4)
  t.strictSame(
    rows.map(([kind]) => kind),
    faultKinds,
  )
  for (const [kind, code, data] of rows) {
    await using broker = await startBroker()
    const spec = JSON.parse(data!) as FaultSpec
    t.equal(spec.kind, kind)
    const inCode = new Function('faults', `return faults.${code!.replace('await ', '')}`)
    const fault = await inCode(broker.faults)
    t.strictSame(fault.spec, broker.faults.add(spec).spec, code!)
    await broker.faults.clear()
  }
})

t.test('selectors and triggers are listed', async (t) => {
  await using broker = await startBroker()
  const rows = rowsOf('docs/testing-faults.md', 'Faults')
  const produce = { kind: 'error', api: 'Produce', error: 'UNKNOWN_SERVER_ERROR' } as const
  const selectors = rows
    .filter((cells) => cells.length === 2)
    .flatMap(([names]) => names!.match(/\w+/g))
  t.strictSame([...selectors].sort(), [
    'broker',
    'clientId',
    'connection',
    'group',
    'partition',
    'topic',
    'transactionalId',
  ])
  const triggers = rows.filter((cells) => cells.length === 3 && cells[0]!.startsWith('.'))
  t.equal(triggers.length, 5)
  for (const [code, data] of triggers) {
    if (data === '') continue
    const spec = { ...produce, ...JSON.parse(`{${data}}`) }
    const inCode = new Function('fault', `return fault${code}`)
    const wanted = spec.once ? { ...produce, times: 1 } : broker.faults.add(spec).spec
    t.strictSame(inCode(broker.faults.add(produce)).spec, wanted, code!)
  }
})

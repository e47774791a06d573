import type t from 'tap'
import { Samsa } from '../command/samsa.js'
import { clientOf } from '../compat/kafkajs/client.js'
import { temporaryDirectory } from '../support/teardown.js'
import { type Client, type Codec, clients, type ReadPackage } from './clients.js'
import type { Package } from './packages.js'

type Tap = Pick<typeof t, 'same' | 'teardown'>

const PARTITIONS = 12
/** Every reader is the first member of a group of its own. */
const NO_DELAY = 'group.initial.rebalance.delay.ms=0'

interface Cell {
  readonly writer: Client
  readonly codec: Codec
  readonly topic: string
}

const cells: readonly Cell[] = clients.flatMap((writer) =>
  writer.codecs.map((codec) => ({ writer, codec, topic: `${writer.name}-${codec}` })),
)

/**
 * Writes all packages with every client and codec, each to a topic of its own, and reads them with
 * every client that has the codec. Then the broker is killed and started again, and they must all be
 * there still; more is written and read after that.
 */
export async function holdTable(t: Tap, packages: readonly Package[]): Promise<void> {
  const directory = temporaryDirectory(t)
  const started = async () => {
    const args = ['start', '--port', '0', '--data-dir', 'data', '--set', NO_DELAY]
    const samsa = new Samsa(t, directory, args)
    const { host, port } = await samsa.ready()
    return { samsa, bootstrap: `${host}:${port}` }
  }
  const written = packages.map(({ key, value }) => ({ key, value }))

  const first = await started()
  await createTopics(first.bootstrap)
  await writeAll(first.bootstrap, written)
  await readAll(t, 'written', first.bootstrap, written)
  await first.samsa.kill('SIGKILL')

  const second = await started()
  await readAll(t, 'after kill -9', second.bootstrap, written)
  const more = packages.map(({ key, value }) => ({ key, value: `again ${value}` }))
  await writeAll(second.bootstrap, more)
  await readAll(t, 'written again', second.bootstrap, [...written, ...more])
  await second.samsa.kill('SIGTERM')
}

async function createTopics(bootstrap: string): Promise<void> {
  const admin = clientOf(bootstrap).admin()
  await admin.connect()
  await admin.createTopics({
    topics: cells.map(({ topic }) => ({ topic, numPartitions: PARTITIONS })),
  })
  await admin.disconnect()
}

async function writeAll(bootstrap: string, packages: readonly Package[]): Promise<void> {
  for (const { writer, topic, codec } of cells) {
    await writer.write(bootstrap, topic, codec, packages)
  }
}

async function readAll(
  t: Tap,
  when: string,
  bootstrap: string,
  packages: readonly Package[],
): Promise<void> {
  const expected = new Map(packages.map((each, index) => [identity(each), index]))
  for (const { codec, topic } of cells) {
    for (const reader of clients.filter((client) => client.codecs.includes(codec))) {
      const read = await reader.read(bootstrap, topic, packages.length)
      t.same(faults(expected, read), [], `${topic} by ${reader.name}, ${when}`)
    }
  }
}

const identity = ({ key, value }: Package): string => `${key}\t${value}`
const MAX_FAULTS = 5

/**
 * What is wrong with what was read: anything missing, twice, unknown, or out of order. The records
 * of a partition, and so those of a key, come in the order in which they were written.
 */
function faults(expected: ReadonlyMap<string, number>, read: readonly ReadPackage[]): string[] {
  const found: string[] = []
  const seen = new Set<number>()
  const lastOf = new Map<number, number>()
  for (const each of read) {
    const index = expected.get(identity(each))
    if (index === undefined) found.push(`unknown: ${each.key} ${each.value.slice(0, 200)}`)
    else if (seen.has(index)) found.push(`twice: ${each.key}`)
    else if (index < (lastOf.get(each.partition) ?? -1)) found.push(`out of order: ${each.key}`)
    if (index === undefined) continue
    seen.add(index)
    lastOf.set(each.partition, index)
  }
  if (seen.size !== expected.size) found.push(`missing: ${expected.size - seen.size}`)
  return found.slice(0, MAX_FAULTS)
}

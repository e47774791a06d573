import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { type RunOptions, run } from '../../support/run.js'
import { clientOf, topicOf, unique } from '../kafkajs/client.js'

const bootstrap = await bootstrapFor(t)
const kafka = clientOf(bootstrap)

const kcat = (args: readonly string[], options: RunOptions = {}) =>
  run('kcat', ['-b', bootstrap, '-m', '20', ...args], options)

/** As {@link kcat}, where it must end well. @returns what it printed */
async function said(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kcat(args, input === undefined ? {} : { input })
  if (code !== 0) throw new Error(`kcat ${args.join(' ')}: ${code}: ${stderr}`)
  return stdout
}

interface Message {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly payload: string | null
  readonly headers?: readonly string[]
}

/** The messages that `-C` prints for `args`, to the end of the partitions. */
async function consumed(args: readonly string[]): Promise<Message[]> {
  const text = await said(['-C', '-J', '-q', '-e', ...args])
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

t.test('metadata, for people and for programs', async (t) => {
  const topic = await topicOf(kafka, 2)
  const parsed = JSON.parse(await said(['-L', '-J', '-t', topic]))
  const partition = (index: number) => ({
    partition: index,
    leader: 1,
    replicas: [{ id: 1 }],
    isrs: [{ id: 1 }],
  })
  t.strictSame(parsed, {
    originating_broker: { id: 1, name: `${bootstrap}/1` },
    query: { topic },
    controllerid: 1,
    brokers: [{ id: 1, name: bootstrap }],
    topics: [{ topic, partitions: [partition(0), partition(1)] }],
  })
  const text = await said(['-L', '-t', topic])
  t.match(text, `broker 1 at ${bootstrap} (controller)`)
  t.match(text, `topic "${topic}" with 2 partitions:`)
  t.match(await said(['-L']), `topic "${topic}" with 2 partitions:`, 'all topics')
})

t.test('keys, tombstones and headers come back', async (t) => {
  const topic = await topicOf(kafka)
  const headers = ['-H', 'trace=x', '-H', 'empty=']
  await said(['-P', '-t', topic, '-K:', '-Z', ...headers], 'a:one\nb:zwei ✓\nc:\n')
  await said(['-P', '-t', topic], 'no key\n')
  const messages = await consumed(['-t', topic])
  t.strictSame(
    messages.map(({ offset, key, payload }) => [offset, key, payload]),
    [
      [0, 'a', 'one'],
      [1, 'b', 'zwei ✓'],
      [2, 'c', null],
      [3, null, 'no key'],
    ],
  )
  t.strictSame(messages[0]?.headers, ['trace', 'x', 'empty', ''])
})

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  t.test(`a thousand messages with ${codec}, idempotent`, async (t) => {
    const topic = await topicOf(kafka, 3)
    const lines = Array.from({ length: 1000 }, (_, i) => `key-${i % 17}:${i} ${'ü'.repeat(i % 90)}`)
    const options = ['-z', codec, '-X', 'enable.idempotence=true', '-X', 'linger.ms=20']
    await said(['-P', '-t', topic, '-K:', ...options], `${lines.join('\n')}\n`)
    const messages = await consumed(['-t', topic])
    t.strictSame(messages.map(({ key, payload }) => `${key}:${payload}`).sort(), [...lines].sort())
    for (let key = 0; key < 17; key++) {
      const prefix = `key-${key}:`
      t.strictSame(
        messages.filter((it) => it.key === `key-${key}`).map((it) => `${prefix}${it.payload}`),
        lines.filter((line) => line.startsWith(prefix)),
        `order of ${prefix}`,
      )
    }
  })
}

t.test('reads from where it is told', async (t) => {
  const topic = await topicOf(kafka)
  const timed = 'a\nb\nc\nd\ne\n'
  await said(['-P', '-t', topic], timed)
  const payloads = async (...args: string[]) =>
    (await consumed(['-t', topic, ...args])).map(({ payload }) => payload)
  t.strictSame(await payloads('-o', '3'), ['d', 'e'])
  t.strictSame(await payloads('-o', '-2'), ['d', 'e'])
  t.strictSame(await payloads('-o', 'beginning', '-c', '2'), ['a', 'b'])
  t.strictSame(await payloads('-o', 'end'), [])
  t.strictSame(await payloads('-o', 's@1700000000000', '-c', '1'), ['a'], 'from a time on')
})

t.test('offsets by time', async (t) => {
  const topic = await topicOf(kafka, 2)
  await said(['-P', '-t', topic, '-p', '1'], 'a\nb\nc\n')
  t.equal(await said(['-Q', '-t', `${topic}:1:-1`]), `${topic} [1] offset 3\n`)
  t.equal(await said(['-Q', '-t', `${topic}:1:-2`]), `${topic} [1] offset 0\n`)
  t.equal(await said(['-Q', '-t', `${topic}:1:1700000000000`]), `${topic} [1] offset 0\n`)
  t.equal(await said(['-Q', '-t', `${topic}:0:-1`]), `${topic} [0] offset 0\n`)
  t.strictSame(JSON.parse(await said(['-Q', '-J', '-t', `${topic}:1:9999999999999`])), {
    [topic]: { topic, 1: { partition: 1, offset: -1 } },
  })
})

t.test('a group goes on where it stopped', async (t) => {
  const topic = await topicOf(kafka, 2)
  const group = ['-G', unique('group'), '-q', '-e', '-X', 'auto.offset.reset=earliest']
  await said(['-P', '-t', topic, '-p', '0'], 'a\nb\n')
  await said(['-P', '-t', topic, '-p', '1'], 'c\n')
  const sorted = (text: string) => text.split('\n').filter(Boolean).sort()
  t.strictSame(sorted(await said([...group, topic])), ['a', 'b', 'c'])
  await said(['-P', '-t', topic, '-p', '1'], 'd\n')
  t.strictSame(sorted(await said([...group, topic])), ['d'])
})

t.test('an unknown topic is made by writing to it, not by asking for it', async (t) => {
  const topic = unique('auto')
  const refused = await kcat(['-C', '-e', '-t', topic, '-X', 'allow.auto.create.topics=false'])
  t.equal(refused.code, 1)
  t.match(refused.stderr, `Topic ${topic} error: Broker: Unknown topic or partition`)
  await said(['-P', '-t', topic], 'a\n')
  t.match(await consumed(['-t', topic]), [{ partition: 0, offset: 0, payload: 'a' }])
})

t.test('an unknown partition is refused', async (t) => {
  const topic = await topicOf(kafka)
  const { code, stderr } = await kcat(['-P', '-t', topic, '-p', '9'], { input: 'a\n' })
  t.equal(code, 1)
  t.match(stderr, 'Delivery failed for message: Local: Unknown partition')
})

t.test('a message that is too large is refused', async (t) => {
  const topic = await topicOf(kafka)
  const input = `${'x'.repeat(1_200_000)}\n`
  const limit = ['-X', 'message.max.bytes=2000000']
  const { code, stderr } = await kcat(['-P', '-t', topic, ...limit], { input })
  t.equal(code, 1)
  t.match(stderr, 'Delivery failed for message: Broker: Message size too large')
})

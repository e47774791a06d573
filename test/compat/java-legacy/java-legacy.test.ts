import { join } from 'node:path'
import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { run } from '../../support/run.js'
import { clientOf, topicOf, unique } from '../kafkajs/client.js'

const COUNT = 500
const SOURCE = 'test/compat/java-legacy/LegacyClient.java'
const CODECS = ['none', 'gzip', 'snappy', 'lz4']

const bootstrap = await bootstrapFor(t, { 'samsa.legacy.api.versions.enable': 'true' })
const kafka = clientOf(bootstrap)

async function said(...args: readonly (string | number)[]): Promise<string[]> {
  const libraries = join(process.env.KAFKA_LEGACY_HOME ?? '', '*')
  const all = ['-Xmx256m', '-cp', libraries, SOURCE, bootstrap, ...args.map(String)]
  const { code, stdout, stderr } = await run('java', all)
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code}: ${stderr}`)
  return stdout.trim().split('\n')
}

t.test('kafka-clients 0.9 produces with every codec, and a group of it reads', async (t) => {
  const topic = await topicOf(kafka)
  for (const [i, codec] of CODECS.entries()) {
    t.strictSame(await said('produce', topic, codec, COUNT), [`${(i + 1) * COUNT - 1}`], codec)
  }
  const expected = CODECS.flatMap((codec, nth) =>
    Array.from({ length: COUNT }, (_, i) => {
      return `${nth * COUNT + i} ${codec}-key-${i} ${codec}-value-${i}`
    }),
  )
  const count = CODECS.length * COUNT
  t.strictSame(await said('consume', topic, unique('group'), count), [...expected, `${count}`])
})

t.test('it reads what a client of today writes', async (t) => {
  const topic = await topicOf(kafka)
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  const messages = ['a', 'b', 'c'].map((key) => ({ key, value: `${key}!`, headers: { h: 'x' } }))
  await producer.send({ topic, messages })
  await producer.disconnect()
  const group = unique('group')
  t.strictSame(await said('consume', topic, group, 3), ['0 a a!', '1 b b!', '2 c c!', '3'])
})

import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { run } from '../../support/run.js'
import { clientOf, topicOf, unique } from '../kafkajs/client.js'

const bootstrap = await bootstrapFor(t, { 'samsa.legacy.api.versions.enable': 'true' })
const kafka = clientOf(bootstrap)

/** kcat as it would speak to a broker of that version, without asking what this one knows. */
async function said(release: string, args: readonly string[], input?: string): Promise<string> {
  const old = ['-X', 'api.version.request=false', '-X', `broker.version.fallback=${release}`]
  const all = ['-b', bootstrap, '-m', '20', ...old, ...args]
  const { code, stdout, stderr } = await run('kcat', all, input === undefined ? {} : { input })
  if (code !== 0) throw new Error(`kcat ${all.join(' ')}: ${code}: ${stderr}`)
  return stdout
}

const lines = Array.from({ length: 1000 }, (_, i) => `key-${i % 17}:${i} ${'ü'.repeat(i % 90)}`)
const sorted = (text: string) => text.split('\n').filter(Boolean).sort()

for (const release of ['0.8.2', '0.9.0', '0.10.0']) {
  for (const codec of ['none', 'gzip', 'snappy', 'lz4']) {
    t.test(`a thousand messages with ${codec} as with Apache Kafka ${release}`, async (t) => {
      const topic = await topicOf(kafka, 3)
      const produce = ['-P', '-t', topic, '-K:', '-z', codec, '-X', 'linger.ms=20']
      await said(release, produce, `${lines.join('\n')}\n`)
      const consume = ['-C', '-t', topic, '-q', '-e', '-f', '%k:%s\\n']
      t.strictSame(sorted(await said(release, consume)), [...lines].sort(), 'by the same')
      const { stdout } = await run('kcat', ['-b', bootstrap, '-m', '20', ...consume])
      t.strictSame(sorted(stdout), [...lines].sort(), 'by a client of today')
    })
  }
}

t.test('what clients of today write is read as with Apache Kafka 0.9.0', async (t) => {
  const topic = await topicOf(kafka)
  for (const codec of ['none', 'gzip', 'snappy', 'lz4']) {
    const args = ['-P', '-t', topic, '-z', codec, '-H', 'trace=x']
    await run('kcat', ['-b', bootstrap, '-m', '20', ...args], { input: `${codec} 1\n${codec} 2\n` })
  }
  const consume = ['-C', '-t', topic, '-q', '-e', '-f', '%o:%s\\n']
  const values = ['none', 'gzip', 'snappy', 'lz4'].flatMap((codec) => [`${codec} 1`, `${codec} 2`])
  t.strictSame(
    (await said('0.9.0', consume)).trim().split('\n'),
    values.map((value, offset) => `${offset}:${value}`),
  )
  t.strictSame(
    await said('0.9.0', [...consume, '-o', '3']),
    [3, 4, 5, 6, 7].map((offset) => `${offset}:${values[offset]}\n`).join(''),
  )
})

t.test('a group as with Apache Kafka 0.9.0 goes on where it stopped', async (t) => {
  const topic = await topicOf(kafka)
  const group = unique('group')
  const consume = ['-X', 'auto.offset.reset=earliest', '-q', '-c', '2', '-G', group, topic]
  await said('0.9.0', ['-P', '-t', topic], 'a\nb\nc\nd\n')
  t.equal(await said('0.9.0', consume), 'a\nb\n')
  t.equal(await said('0.9.0', consume), 'c\nd\n')
})

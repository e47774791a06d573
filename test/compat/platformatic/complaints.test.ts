import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Kafka } from 'kafkajs'
import t from 'tap'
import { startBroker } from '../../../src/index.js'
import { run } from '../../support/run.js'
import { until } from '../../support/until.js'

const findNode = ['-y', '--prefer-offline', '-p', 'node@22', 'sh', '-c', 'command -v node']
const node22 = (await run('npx', findNode)).stdout.trim()

t.test(
  'the first message is not lost, nor is one of a test before seen after a reset',
  async (t) => {
    const broker = await startBroker({ seed: { topics: { orders: {} } } })
    const producer = new Kafka(broker.clients.kafkajs('producer')).producer()
    t.teardown(async () => {
      await producer.disconnect()
      await broker.close()
    })
    await producer.connect()
    // This client keeps a topic's id for good, and never sees that there is another of that name: a
    // consumer of it can't run on through a reset.
    for (const round of ['first', 'second']) {
      const args = [broker.bootstrapServers, 'orders', 'billing']
      const consumer = spawn(node22, ['test/compat/platformatic/consumer.mjs', ...args])
      const [lines, errors]: [string[], string[]] = [[], []]
      consumer.stdout.on('data', (text) => lines.push(...String(text).trim().split('\n')))
      consumer.stderr.on('data', (text) => errors.push(String(text)))
      try {
        await broker.waitForAssignment('billing', { timeoutMs: 60_000 })
        await producer.send({ topic: 'orders', messages: [{ value: round }] })
        await until(() => lines.includes(round), `${round}: ${errors.join('')}`)
        t.strictSame([lines, errors], [[round], []])
      } finally {
        consumer.kill('SIGKILL')
        await once(consumer, 'close')
      }
      await broker.reset()
    }
  },
)

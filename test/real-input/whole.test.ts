// Debian's whole package index; long, so only by its name: node scripts/test.mjs real-input-whole
import t from 'tap'
import { installApacheKafka } from '../support/apache-kafka/apache-kafka.js'
import { packages } from './packages.js'
import { holdTable } from './table.js'

t.test('all packages of Debian through every pair of clients', async (t) => {
  installApacheKafka()
  await holdTable(t, await packages())
})

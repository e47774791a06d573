import t from 'tap'
import { installApacheKafka } from '../support/apache-kafka/apache-kafka.js'
import { packages } from './packages.js'
import { holdTable } from './table.js'

const COUNT = 5_000

t.test(`${COUNT} packages of Debian through every pair of clients`, async (t) => {
  installApacheKafka()
  await holdTable(t, await packages(COUNT))
})

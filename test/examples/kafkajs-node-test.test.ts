import t from 'tap'
import { installedExample, reportIn, tryExample } from './example.js'
import { junitTests } from './report.js'

t.test('kafkajs with node:test', async (t) => {
  await tryExample(t, await installedExample(t, 'kafkajs-node-test'), {
    command: 'npm',
    args: ['test', '--', '--test-reporter=junit', '--test-reporter-destination=report.xml'],
    report: reportIn('report.xml', junitTests),
  })
})

import { installedExample, reportIn, tryExample } from './example.js'
import { junitTests } from './report.js'

await tryExample(await installedExample('kafkajs-node-test'), {
  command: 'npm',
  args: ['test', '--', '--test-reporter=junit', '--test-reporter-destination=report.xml'],
  report: reportIn('report.xml', junitTests),
})

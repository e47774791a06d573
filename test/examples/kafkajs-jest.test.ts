import { installedExample, reportIn, tryExample } from './example.js'
import { jestTests } from './report.js'

await tryExample(await installedExample('kafkajs-jest'), {
  command: 'npm',
  args: ['test', '--', '--json', '--outputFile=report.json'],
  report: reportIn('report.json', jestTests),
})

import t from 'tap'
import { installedExample, reportIn, tryExample } from './example.js'
import { jestTests } from './report.js'

t.test('kafkajs with jest', async (t) => {
  await tryExample(t, await installedExample(t, 'kafkajs-jest'), {
    command: 'npm',
    args: ['test', '--', '--json', '--outputFile=report.json'],
    report: reportIn('report.json', jestTests),
  })
})

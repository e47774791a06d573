import { dirname } from 'node:path'
import t from 'tap'
import { run } from '../support/run.js'
import { installedExample, reportIn, tryExample } from './example.js'
import { mustRun } from './package.js'
import { junitTests } from './report.js'

// The client needs a newer Node than the broker.
const findNode = ['-y', '--prefer-offline', '-p', 'node@22', 'sh', '-c', 'command -v node']

t.test('@platformatic/kafka with vitest', async (t) => {
  const node22 = (await run('npx', findNode)).stdout.trim()
  const env = { PATH: `${dirname(node22)}:${process.env.PATH}` }
  const folder = await installedExample(t, 'platformatic-vitest')
  await mustRun('npm', ['run', 'typecheck'], { cwd: folder, env })
  await tryExample(t, folder, {
    command: 'npm',
    args: ['test', '--', '--reporter=junit', '--outputFile=report.xml'],
    env,
    report: reportIn('report.xml', junitTests),
  })
})

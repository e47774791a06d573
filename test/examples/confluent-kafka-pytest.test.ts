import { join } from 'node:path'
import t from 'tap'
import { commandEnvironment, copyExample, reportIn, tryExample } from './example.js'
import { mustRun } from './package.js'
import { junitTests } from './report.js'

const INSTALLING_MS = 300_000

t.test('confluent-kafka with pytest', async (t) => {
  const folder = copyExample(t, 'confluent-kafka-pytest')
  const python = join(folder, '.venv/bin/python')
  const env = await commandEnvironment(t)
  const installing = { cwd: folder, timeoutMs: INSTALLING_MS }
  await mustRun('python3', ['-m', 'venv', '.venv'], installing)
  await mustRun(python, ['-m', 'pip', 'install', '-q', '-r', 'requirements.txt'], installing)
  await tryExample(t, folder, {
    command: python,
    args: ['-m', 'pytest', '--junitxml=report.xml'],
    env,
    report: reportIn('report.xml', junitTests),
  })
})

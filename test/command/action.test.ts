import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { ApiKey } from '../../src/protocol/api-keys.js'
import { temporaryDirectory } from '../support/teardown.js'
import { until } from '../support/until.js'
import { ask, MAIN } from './samsa.js'

interface Step {
  readonly id: string
  readonly run: string
  readonly env?: Readonly<Record<string, string>>
}

const { inputs, outputs, runs } = parse(readFileSync('action.yml', 'utf8'))
const step = (runs.steps as Step[]).find(({ id }) => id === 'start')!

/** What a runner puts in the place of `${{ inputs.x }}`. */
const filled = (text: string, given: Readonly<Record<string, string>>): string =>
  text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name) => given[name] ?? inputs[name].default)

const assignments = (file: string): Record<string, string> =>
  Object.fromEntries(
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )

t.test('the action starts a broker that the next steps find', async (t) => {
  const directory = temporaryDirectory(t)
  const bin = join(directory, 'samsa/node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'samsa'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  chmodSync(join(bin, 'samsa'), 0o755)
  const seed = join(directory, 'seed.yaml')
  writeFileSync(seed, 'topics: { orders: { partitions: 2 } }')
  const given = { port: '0', 'control-port': '0', seed, arguments: '--set num.partitions=4' }
  const [output, environment] = ['output', 'environment'].map((name) => join(directory, name))
  for (const file of [output!, environment!]) writeFileSync(file, '')
  const env = Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text, given)])
  const script = spawn('bash', ['-e', '-o', 'pipefail', '-c', step.run], {
    cwd: directory,
    env: {
      ...process.env,
      ...Object.fromEntries(env),
      RUNNER_TEMP: directory,
      GITHUB_ACTION_PATH: resolve('.'),
      GITHUB_OUTPUT: output,
      GITHUB_ENV: environment,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(script, 'exit')
  t.equal(code, 0)
  const { SAMSA_PID, SAMSA_CONTROL_URL } = assignments(environment!)
  t.teardown(() => endOf(Number(SAMSA_PID)))
  const found = assignments(output!)
  t.strictSame(Object.keys(found).sort(), Object.keys(outputs).sort())
  t.equal(found['control-url'], SAMSA_CONTROL_URL)
  const port = Number(found['bootstrap-servers']!.split(':').at(-1))
  const { topics } = await ask(port, ApiKey.Metadata, 9, {
    topics: null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  t.match(topics, [{ name: 'orders', partitions: [{}, {}] }])
})

/** Stops the broker, which isn't this process's child, and waits until it is gone. */
async function endOf(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM')
  await until(() => {
    try {
      return !process.kill(pid, 0)
    } catch {
      return true
    }
  }, 'the broker to end')
}

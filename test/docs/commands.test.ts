import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import t from 'tap'
import { Samsa } from '../command/samsa.js'
import { run } from '../support/run.js'
import { temporaryDirectory } from '../support/teardown.js'
import { until } from '../support/until.js'
import { snippetsOf } from './snippets.js'

const CONTROL = /^its control API is at (http:\S+)$/m
const PAGE = 'docs/testing-remote.md'

const snippets = snippetsOf(PAGE, readFileSync(PAGE, 'utf8')).filter(
  ({ language }) => language === 'sh',
)

t.test('the commands of the page, one after the other', async (t) => {
  const directory = temporaryDirectory(t)
  const command = join(directory, 'samsa')
  writeFileSync(
    command,
    `#!/bin/sh\nexec '${process.execPath}' '${resolve('build/samsa.js')}' "$@"\n`,
  )
  chmodSync(command, 0o755)

  const [start, ...others] = snippets.filter(({ info }) => !info.startsWith('no-run'))
  t.equal(start?.info, 'start')
  // As the page says, but on ports that are free.
  const [, ...args] = start!.code.split(' ').map((word) => word.replace(/^\d{4}$/, '0'))
  const samsa = new Samsa(t, directory, args)
  await samsa.ready()
  const [, url] = await until(() => CONTROL.exec(samsa.stdout), 'the control API')
  for (const { at, code, before, after } of others) {
    const script = ['set -e', before, code, after].join('\n')
    const env = {
      SAMSA_CONTROL_URL: url!,
      PATH: `${directory}${delimiter}${process.env.PATH}`,
    }
    const {
      code: status,
      stdout,
      stderr,
    } = await run('sh', ['-c', script], { env, cwd: directory })
    t.equal(status, 0, `${at}: ${stdout}${stderr}`)
  }
})

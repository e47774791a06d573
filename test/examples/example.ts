import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { installedCommand, installPackages, packedTarball, runApart } from './package.js'
import type { ReportedTest } from './report.js'

const TESTING_MS = 300_000
/** The happy path, and five faults. */
const TESTS_MIN = 6
/** What people's own runs leave in an example's folder. */
const LEFTOVERS = /[\\/](node_modules|target|__pycache__|\.pytest_cache|\.venv)$/

/** How the tests of an example are run, in its folder, and where the report is then. */
export interface ExampleRun {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Reads the report out of the example's folder. */
  readonly report: (folder: string) => readonly ReportedTest[]
}

function temporaryFolder(t: Test, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `samsa-${name}-`))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A copy of an example in a folder of its own, as somebody has it who starts from it. */
export function copyExample(t: Test, name: string): string {
  const folder = temporaryFolder(t, name)
  const filter = (path: string): boolean => !LEFTOVERS.test(path)
  cpSync(join('examples', name), folder, { recursive: true, filter })
  return folder
}

/** As {@link copyExample}, with its packages installed, samsa from its tarball. */
export async function installedExample(t: Test, name: string): Promise<string> {
  const folder = copyExample(t, name)
  const path = join(folder, 'package.json')
  const description = JSON.parse(readFileSync(path, 'utf8'))
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  t.equal(description.devDependencies.samsa, version, 'it asks for the version that there is')
  description.devDependencies.samsa = `file:${await packedTarball()}`
  writeFileSync(path, JSON.stringify(description))
  await installPackages(folder)
  return folder
}

/** What has the command, installed from its tarball, found where it is looked for. */
export async function commandEnvironment(t: Test): Promise<Record<string, string>> {
  const folder = await installedCommand(temporaryFolder(t, 'command'))
  return { PATH: `${folder}:${process.env.PATH}` }
}

/** Runs the tests of an example; each counts as one of ours. */
export async function tryExample(t: Test, folder: string, example: ExampleRun): Promise<void> {
  const { command, args, env, report } = example
  const ended = await runApart(command, args, { cwd: folder, env, timeoutMs: TESTING_MS })
  const printed = `${ended.stdout}${ended.stderr}`
  const tests = report(folder)
  for (const { name, failure } of tests) {
    if (failure === undefined) t.pass(name)
    else t.fail(name, { failure })
  }
  t.ok(tests.length >= TESTS_MIN, 'it tests the happy path and five faults', { printed })
  t.equal(ended.code, 0, 'its runner is content', { printed })
}

/** What a report has to say, if there is one. */
export function reportIn(
  file: string,
  read: (text: string) => readonly ReportedTest[],
): ExampleRun['report'] {
  return (folder) => {
    const path = join(folder, file)
    return existsSync(path) ? read(readFileSync(path, 'utf8')) : []
  }
}

import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type RunOptions, type RunResult, run } from '../support/run.js'
import { until } from '../support/until.js'

const PACKING_MS = 180_000
const INSTALLING_MS = 300_000
/** Where the package is put: once for each compilation of the tests, whose folder it is. */
const FOLDER = resolve('build/package')

/** As {@link run}, without what tap has Node processes do. */
export function runApart(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<RunResult> {
  // tap puts it into the environment of each process that is started.
  return run('env', ['-u', 'NODE_OPTIONS', command, ...args], options)
}

/** As {@link runApart}. @throws Error with what it printed unless it ended with 0 */
export async function mustRun(...command: Parameters<typeof runApart>): Promise<void> {
  const { code, stdout, stderr } = await runApart(...command)
  if (code !== 0)
    throw new Error(`${command.slice(0, 2).flat().join(' ')}: ${code}\n${stdout}${stderr}`)
}

/** Path of the package as it is published; whoever asks first packs it. */
export async function packedTarball(): Promise<string> {
  const found = (): string | undefined => {
    const name = existsSync(FOLDER) && readdirSync(FOLDER).find((file) => file.endsWith('.tgz'))
    return name ? join(FOLDER, name) : undefined
  }
  if (mkdirSync(FOLDER, { recursive: true }) === undefined) {
    return until(found, 'the package', PACKING_MS)
  }
  const unfinished = join(FOLDER, 'unfinished')
  mkdirSync(unfinished)
  await mustRun('npm', ['pack', '--pack-destination', unfinished], { timeoutMs: PACKING_MS })
  const [name] = readdirSync(unfinished)
  renameSync(join(unfinished, name!), join(FOLDER, name!))
  return found()!
}

/** Installs the package in a folder of its own. @returns where its command is then */
export async function installedCommand(folder: string): Promise<string> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }))
  await installPackages(folder, [await packedTarball()])
  return join(folder, 'node_modules/.bin')
}

/** Installs what a folder's package.json asks for. */
export async function installPackages(folder: string, more: readonly string[] = []): Promise<void> {
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  await mustRun('npm', [...args, ...more], { cwd: folder, timeoutMs: INSTALLING_MS })
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface RunResult {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | Buffer
  /** It is killed after that, in milliseconds. */
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

const TIMEOUT_MS = 60_000

/** Runs a command to its end and gives what it printed. */
export async function run(
  command: string,
  args: readonly string[],
  { input, timeoutMs = TIMEOUT_MS, env, cwd }: RunOptions = {},
): Promise<RunResult> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk) => stdout.push(chunk))
  child.stderr.on('data', (chunk) => stderr.push(chunk))
  // It may end without having read all that it was given.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  }
}

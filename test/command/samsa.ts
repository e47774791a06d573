import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WireClient } from '../oracle/wire-client.js'
import type { Teardown } from '../support/teardown.js'
import { until } from '../support/until.js'

export const MAIN = fileURLToPath(new URL('../../samsa.js', import.meta.url))
const READY = /^samsa is ready at (\S+):(\d+),/m

/** The command as a process of its own. */
export class Samsa {
  stdout = ''
  stderr = ''
  exitCode: number | null | undefined
  readonly #process: ChildProcess

  /** @param environment beside that of this process */
  constructor(
    t: Teardown,
    directory: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ) {
    const env = { ...process.env, ...environment }
    this.#process = spawn(process.execPath, [MAIN, ...args], { cwd: directory, env })
    this.#process.stdout!.on('data', (text) => {
      this.stdout += text
    })
    this.#process.stderr!.on('data', (text) => {
      this.stderr += text
    })
    this.#process.on('close', (code) => {
      this.exitCode = code
    })
    t.teardown(() => this.kill('SIGKILL'))
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** What was logged, line by line. */
  get logged(): Record<string, unknown>[] {
    return this.stderr
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  async ready(): Promise<{ host: string; port: number }> {
    const match = await until(
      () => READY.exec(this.stdout) ?? (this.exitCode === undefined ? null : (['ended'] as const)),
      'samsa to be ready',
    ).catch((error: Error) => {
      throw new Error(`${error.message}, and saw: ${this.stdout}${this.stderr}`, { cause: error })
    })
    if (match[0] === 'ended') throw new Error(`samsa ended: ${this.stderr}`)
    return { host: match[1]!, port: Number(match[2]) }
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number | null> {
    if (this.exitCode === undefined) await once(this.#process, 'close')
    return this.exitCode ?? null
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.#process.kill(signal)
    return this.ended()
  }
}

/** Runs to the end. */
export async function samsa(t: Teardown, directory: string, ...args: string[]): Promise<Samsa> {
  const process = new Samsa(t, directory, args)
  await process.ended()
  return process
}

/** Asks the broker something. @returns the answer's body */
export async function ask(
  port: number,
  apiKey: number,
  version: number,
  body: object,
  host = '127.0.0.1',
): Promise<Record<string, unknown>> {
  const client = new WireClient(host, port)
  try {
    const answer = await client.send(apiKey, version, body)
    if (answer.kind !== 'response') throw new Error(`no answer: ${answer.kind}`)
    return answer.body
  } finally {
    client.close()
  }
}

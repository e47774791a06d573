import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const LOAD = new URL('./load.js', import.meta.url).pathname

/** Runs a load of `main.ts` in a process of its own. @returns what it saw */
export async function load<Result>(
  port: number,
  name: string,
  topic: string,
  ...numbers: readonly number[]
): Promise<Result> {
  const args = [LOAD, name, String(port), topic, ...numbers.map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout) as Result
}

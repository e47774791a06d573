import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { run } from '../../support/run.js'
import { type Teardown, temporaryDirectory } from '../../support/teardown.js'

const SOURCES = 'test/compat/java-client'
const COMPILE_TIMEOUT_MS = 120_000
/** A start takes a third of the processor time. */
const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']

const libraries = (): string => join(process.env.KAFKA_HOME ?? '', '*')

/** Compiles the programs into a folder that is removed in the end, and gives its path. */
export async function compileJava(t: Teardown): Promise<string> {
  const classes = temporaryDirectory(t)
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.java'))
  const paths = sources.map((name) => join(SOURCES, name))
  const args = ['-d', classes, '-cp', libraries(), ...paths]
  const { code, stderr } = await run('javac', args, { timeoutMs: COMPILE_TIMEOUT_MS })
  if (code !== 0) throw new Error(`javac: ${stderr}`)
  return classes
}

/** How a program is started. @param properties of the system, as Java calls them */
export function javaCommand(
  classes: string,
  mainClass: string,
  args: readonly string[],
  properties: readonly string[] = [],
) {
  return {
    command: 'java',
    args: [
      ...QUICK_START,
      ...['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'],
      // Who is killed doesn't remove the native libraries that were put there.
      `-Djava.io.tmpdir=${classes}`,
      ...properties.map((property) => `-D${property}`),
      ...['-cp', `${classes}:${libraries()}`, mainClass, ...args],
    ],
  }
}

/** A running Java program; it is killed in the end if it still runs. */
export function startJava(
  t: Teardown,
  classes: string,
  mainClass: string,
  programArgs: readonly string[],
  properties: readonly string[] = [],
): ChildProcess {
  const { command, args } = javaCommand(classes, mainClass, programArgs, properties)
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => kill(child))
  return child
}

/** Ends a process as a crash would, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** The program that runs scenarios: Main.java. */
export class Scenarios {
  readonly #child: ChildProcess
  readonly #waiting = new Map<string, (answer: string) => void>()
  readonly #otherLines: string[] = []
  #asked = 0
  #ended = false

  constructor(t: Teardown, classes: string, bootstrap: string, properties: readonly string[] = []) {
    this.#child = startJava(t, classes, 'Main', [bootstrap], properties)
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#heard(line))
    this.#child.on('exit', () => {
      this.#ended = true
      for (const id of this.#waiting.keys()) this.#heard(`${id} failed: the program has ended`)
    })
  }

  #heard(line: string): void {
    const [id = ''] = line.split(' ', 1)
    const answered = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (answered) answered(line.slice(id.length + 1))
    else this.#otherLines.push(line)
  }

  /** What a scenario has said that answers no question. */
  get otherLines(): readonly string[] {
    return this.#otherLines
  }

  /** What the client saw in a scenario. @param bootstrap of another broker */
  async seenIn(scenario: string, name: string, bootstrap = ''): Promise<unknown> {
    if (this.#ended) throw new Error('the program has ended')
    const id = `${++this.#asked}`
    const answered = new Promise<string>((resolve) => this.#waiting.set(id, resolve))
    this.#child.stdin!.write(`${`${id} ${scenario} ${name} ${bootstrap}`.trimEnd()}\n`)
    const answer = await answered
    if (answer.startsWith('failed:')) throw new Error(`${scenario} ${answer}`)
    return JSON.parse(answer)
  }

  /** Kills the program, whatever it is doing. */
  kill(): Promise<void> {
    return kill(this.#child)
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Teardown } from '../../support/teardown.js'
import { kill } from '../java-client/java.js'

const LEAVE_TIMEOUT_MS = 30_000

/** How a client's member is started, and how it tells what it does. */
export interface Kind {
  readonly command: string
  readonly args: readonly string[]
  /** It leaves when it is told by a signal; otherwise when its input ends. */
  readonly leavesOn?: NodeJS.Signals
}

const REBALANCED = /^% Group .* rebalanced \(memberid .*\): (assigned|revoked): (.*)$/

/**
 * A member of a group in a process of its own. The programs print `assigned 0 1 2` when that changes and
 * `read VALUE` for each record; kcat says the former in its own words.
 */
export class Member {
  /** Partitions that it holds. */
  assigned: readonly number[] = []
  readonly read: string[] = []
  readonly #child: ChildProcess
  #complaint = ''

  constructor(
    t: Teardown,
    readonly name: string,
    readonly kind: Kind,
  ) {
    this.#child = spawn(kind.command, kind.args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stdin!.on('error', () => {})
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#heard(line))
    createInterface({ input: this.#child.stderr! }).on('line', (line) => this.#heard(line))
    t.teardown(() => kill(this.#child))
  }

  #heard(line: string): void {
    const [what, ...rest] = line.split(' ').filter((word) => word !== '')
    const rebalanced = REBALANCED.exec(line)
    if (what === 'read') this.read.push(rest.join(' '))
    else if (what === 'assigned') this.assigned = rest.map(Number)
    else if (rebalanced?.[1] === 'revoked') this.assigned = []
    else if (rebalanced) this.assigned = [...line.matchAll(/\[(\d+)\]/g)].map((it) => Number(it[1]))
    else this.#complaint = `${this.#complaint}${line}\n`.slice(-2000)
  }

  /** Throws if it has ended by itself. */
  check(): void {
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) return
    throw new Error(`${this.name} has ended with ${exitCode ?? signalCode}: ${this.#complaint}`)
  }

  /** Leaves the group and ends. */
  async leave(): Promise<void> {
    this.check()
    const gone = once(this.#child, 'exit')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LEAVE_TIMEOUT_MS)
    if (this.kind.leavesOn) this.#child.kill(this.kind.leavesOn)
    else this.#child.stdin!.end()
    const [code, signal] = await gone
    clearTimeout(timer)
    this.assigned = []
    if (signal === 'SIGKILL' || (code !== 0 && !this.kind.leavesOn)) {
      throw new Error(`${this.name} ended with ${code ?? signal}: ${this.#complaint}`)
    }
  }

  /** Ends without a word. */
  async crash(): Promise<void> {
    await kill(this.#child)
    this.assigned = []
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, launchApacheKafka } from '../test/support/apache-kafka/apache-kafka.js'
import { answersMetadata } from './load/requests.js'

/** One of the two brokers that are compared. */
export interface Contender {
  readonly name: string
  /** From its launch to the first answered Metadata, milliseconds. */
  readonly startMs: number
  readonly port: number
  readonly pid: number
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** Configurations by name. */
export type Properties = Readonly<Record<string, string>>

/** What both run with beside their defaults: so that what a round has written is gone soon after it. */
const PROPERTIES: Properties = { 'log.segment.delete.delay.ms': '1000' }
/** Long enough to recover a large log. */
const READY_WITHIN_MS = 600_000

/** The command as users get it. Data that is in the directory is kept. */
async function startSamsa(directory: string, more: Properties = {}): Promise<Contender> {
  mkdirSync(directory, { recursive: true })
  const port = await freePort()
  const settings = Object.entries({ ...PROPERTIES, ...more }).flatMap(([key, value]) => [
    '--set',
    `${key}=${value}`,
  ])
  const startedNs = process.hrtime.bigint()
  const child = spawn(
    process.execPath,
    [
      'dist/cli.js',
      ...['--port', String(port), '--data-dir', join(directory, 'data'), '--log-level', 'warn'],
      ...settings,
    ],
    { stdio: 'ignore' },
  )
  return contender('samsa', startedNs, child, port, (signal) => terminate(child, signal))
}

/** Apache Kafka, from when its process was launched: formatting its directory isn't counted. */
async function startApacheKafka(directory: string, more: Properties = {}): Promise<Contender> {
  const launched = await launchApacheKafka({ directory, properties: { ...PROPERTIES, ...more } })
  const { process: child, port, stop } = launched
  return contender('Apache Kafka', process.hrtime.bigint(), child, port, stop)
}

/** The two that are compared, the first with the second; each with configurations of its own. */
export const starters = [startSamsa, startApacheKafka]

async function contender(
  name: string,
  startedNs: bigint,
  child: ChildProcess,
  port: number,
  stop: Contender['stop'],
): Promise<Contender> {
  const deadline = Date.now() + READY_WITHIN_MS
  while (!(await answersMetadata(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`${name} doesn't answer on port ${port}`)
    }
  }
  const startMs = Number(process.hrtime.bigint() - startedNs) / 1e6
  return { name, startMs, port, pid: child.pid!, stop }
}

async function terminate(
  child: ChildProcess,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

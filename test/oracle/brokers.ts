import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installApacheKafka, startApacheKafka } from '../support/apache-kafka/apache-kafka.js'
import type { Exchange } from './conversation.js'
import { hold } from './hold.js'
import { readRecording } from './recordings.js'
import type { Script } from './script.js'

/** Tells what was answered to a script; every call speaks with a broker that has seen nothing. */
export type Interviewer = (script: Script) => Promise<Exchange[]>

/** What both brokers are started with, besides what a script asks for. */
const CONFIG = { 'group.initial.rebalance.delay.ms': '0' }

/** A samsa in this process, in memory. */
export const samsa: Interviewer = async (script) => {
  // Loaded when it is needed: the other brokers can be asked while samsa doesn't start.
  const { startBroker } = await import('../../src/index.js')
  const config = { ...CONFIG, ...script.config }
  const broker = await startBroker({ profile: 'kafka', config })
  try {
    return await hold(script, broker.bootstrapServers)
  } finally {
    await broker.close()
  }
}

/** An Apache Kafka of its own. */
export const apacheKafka: Interviewer = (script) =>
  withApacheKafka(script.config, (bootstrap) => hold(script, bootstrap))

/** Starts Apache Kafka in a directory that goes with it, and stops it after use. */
export async function withApacheKafka<T>(
  config: Script['config'],
  use: (bootstrap: string) => Promise<T>,
): Promise<T> {
  installApacheKafka()
  const directory = await mkdtemp(join(tmpdir(), 'oracle-'))
  const properties = { ...CONFIG, ...config }
  const kafka = await startApacheKafka({ directory, properties, heap: '512m' })
  try {
    return await use(kafka.bootstrapServers)
  } finally {
    await kafka.stop('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
}

/** What Apache Kafka answered when `record.ts` asked it. */
export const recordings: Interviewer = async (script) => readRecording(script.name)

/** `samsa`, `apache-kafka`, `recordings`, or the address of a broker that has seen nothing yet. */
export function interviewerOf(name: string): Interviewer {
  if (name === 'samsa') return samsa
  if (name === 'apache-kafka') return apacheKafka
  if (name === 'recordings') return recordings
  if (/:\d+$/.test(name)) return (script) => hold(script, name)
  throw new Error(`${name}: neither samsa, apache-kafka, recordings nor HOST:PORT`)
}

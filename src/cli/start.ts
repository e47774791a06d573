import { relative } from 'node:path'
import { MemoryDisk } from '../env/disk-memory.js'
import { NodeDisk } from '../env/disk-node.js'
import type { Logger } from '../env/logger.js'
import { addressText } from '../server/endpoints.js'
import { DEFAULT_MEMORY_BYTES } from '../server/node-properties.js'
import type { BrokerOptions } from '../testing/running-broker.js'
import type { Seed } from '../testing/seed/seed.js'
import { seedOfTopicList } from '../testing/seed/seed-file.js'
import { TestBroker } from '../testing/test-broker.js'
import type { StartArguments } from './arguments.js'
import { configurationOf } from './configuration.js'
import { clusterIdIn } from './container.js'
import { createLogger } from './log.js'
import { isWatched, print } from './terminal.js'

/** What a shell says of a process that a signal ended. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
type Signal = keyof typeof EXIT_CODES
const FAILED = 1

/**
 * Runs a broker until a signal ends it, or its disks fail and nobody could have it restarted.
 *
 * @returns the exit code
 * @throws Error with a message for the user when it can't start
 */
export async function start(args: StartArguments): Promise<number> {
  const logger = await createLogger(args.logLevel, isWatched())
  const files = new NodeDisk()
  const disk = args.memory ? new MemoryDisk(DEFAULT_MEMORY_BYTES) : files
  const properties = configurationOf(args, disk, files, process.env)
  let fail: (exitCode: number) => void = () => {}
  const failed = new Promise<number>((resolve) => {
    fail = resolve
  })
  const run = { isReady: false }
  const signalled = signal(run, logger)
  const broker = await TestBroker.start(
    brokerOptions(args, logger, () => {
      // Who has the control API may restart it: a test goes on after its disk was full.
      if (args.controlPort === undefined) fail(FAILED)
    }),
    {
      properties,
      disk,
      clusterId: args.clusterId ?? (args.container ? clusterIdIn(process.env) : undefined),
      isPlain: isPlain(args),
      faults: args.faults,
    },
  )
  run.isReady = true
  print(readyLine(broker, args.memory ? undefined : properties.get('log.dirs')))
  if (broker.controlUrl !== undefined) print(`its control API is at ${broker.controlUrl}`)
  const exitCode = await Promise.race([signalled, failed])
  await broker.close()
  logger.info({}, 'stopped')
  return exitCode
}

function brokerOptions(args: StartArguments, logger: Logger, onFailure: () => void): BrokerOptions {
  const { profile, clock, asVersion, controlPort } = args
  return {
    profile,
    clock,
    logger,
    onFailure,
    seed: seedsOf(args),
    ...(asVersion === undefined ? {} : { asVersion }),
    ...(controlPort === undefined ? {} : { controlPort }),
  }
}

/** There is nothing to see of the broker, and nothing to be done to it. */
function isPlain(args: StartArguments): boolean {
  const { controlPort, clock, asVersion, faults } = args
  return (
    controlPort === undefined &&
    clock === 'system' &&
    asVersion === undefined &&
    faults.length === 0
  )
}

/** The topics that the environment of a container asks for, and what files say. */
function seedsOf({ container, seeds }: StartArguments): readonly (Seed | string)[] {
  const topics = container ? process.env.KAFKA_CREATE_TOPICS : undefined
  return [...(topics === undefined ? [] : [seedOfTopicList(topics)]), ...seeds]
}

function readyLine(broker: TestBroker, directories: string | undefined): string {
  const address = addressText(broker.endpoints[0]!)
  const paths = directories?.split(',').map((path) => relative(process.cwd(), path.trim()) || '.')
  const where = paths === undefined ? 'in memory' : `in ${paths.join(', ')}`
  return `samsa is ready at ${address}, its data ${where}. Try: kcat -b ${address} -L`
}

/**
 * The exit code of the first signal to stop. Another one, or one before there is anything to be
 * stopped, ends the process at once, as a crash would.
 */
function signal(run: { readonly isReady: boolean }, logger: Logger): Promise<number> {
  return new Promise((resolve) => {
    let isStopping = false
    for (const name of Object.keys(EXIT_CODES) as Signal[]) {
      process.on(name, () => {
        if (isStopping || !run.isReady) process.exit(EXIT_CODES[name])
        isStopping = true
        logger.info({ signal: name }, 'stopping')
        resolve(EXIT_CODES[name])
      })
    }
  })
}

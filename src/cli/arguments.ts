import { parseArgs } from 'node:util'
import { checkFaultSpec } from '../testing/faults/check-spec.js'
import type { FaultSpec } from '../testing/faults/fault-spec.js'
import { parseFault } from '../testing/faults/fault-text.js'
import { PROFILE_NAMES, type ProfileName } from '../testing/profiles.js'

/** From the least to the most that is said. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const CLOCKS = ['system', 'virtual'] as const
const MAX_PORT = 65_535
const NEVER_EMPTY = ['data-dir', 'config', 'cluster-id', 'seed', 'as-version'] as const

export const HELP = `samsa: a Kafka broker that starts in a blink

Usage: samsa [start] [options]

  --port N           listen on this port (9092; 0 lets the system choose one)
  --data-dir DIR     keep the data there (./samsa-data); made and formatted if it isn't there
  --memory           keep the data in memory, and nothing of it once stopped
  --config FILE      take the configuration from Kafka's server.properties
  --container        take it from KAFKA_* variables, and listen on all interfaces, as apache/kafka's
                     image does
  --cluster-id ID    format a new data directory for this cluster
  --set KEY=VALUE    set one configuration, by Kafka's name; may be given several times
  --log-level LEVEL  ${LOG_LEVELS.join(', ')} (info)
  --version          print the version
  --help             print this

For tests:

  --control-port N   open the HTTP control API on this port of localhost (0: one that is free), which
                     the commands below use
  --profile NAME     kafka: configured as Kafka ships it, which is so unless said; test: so that
                     nobody waits for what only matters in production
  --seed FILE        begin with what this says: YAML, JSON, JSONL or CSV; may be given several times;
                     what a data directory has from before stays as it is
  --fault FAULT      have something go wrong: JSON, or kind:arguments,name=value, as
                     error:Produce:NOT_LEADER_OR_FOLLOWER,topic=orders,times=2; may be given several
                     times
  --clock virtual    have time stand still for sessions, transactions and retention, until
                     samsa clock advance moves it
  --as-version 2.8   have the API versions of that release of Apache Kafka

Without --config, samsa runs with what Kafka ships for a single node: on localhost, with one replica
of everything. Ctrl-C stops it.

Commands for a broker that was started with --control-port N (say --control N, or have the URL in
SAMSA_CONTROL_URL); samsa COMMAND --help tells more:

  samsa wait         wait until the broker is ready, or for messages, groups, commits, requests
  samsa topics       list, describe, create and delete topics
  samsa records      show the records of a topic, or produce some
  samsa groups       list and describe groups, show and set what they have committed
  samsa transactions list transactional ids, fence their producers
  samsa faults       list, make and stop faults
  samsa journal      list what was asked and answered
  samsa clock        show the time, move a virtual clock on
  samsa seed         bring about what a file says
  samsa reset        go back to what the seeds brought
  samsa snapshot     remember what there is, and go back to it
  samsa health       show where clients can use the broker
  samsa metrics      print the metrics in Prometheus's text format
  samsa advertise    tell clients to come to another address
  samsa restart      stop the broker and start it again`

/** Those that use the control API of a broker. */
export const CONTROL_COMMANDS = [
  'wait',
  'topics',
  'records',
  'groups',
  'transactions',
  'faults',
  'journal',
  'clock',
  'seed',
  'reset',
  'snapshot',
  'health',
  'metrics',
  'advertise',
  'restart',
] as const
export type ControlCommandName = (typeof CONTROL_COMMANDS)[number]

/** What the command is asked to do. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | {
      readonly name: 'control'
      readonly command: ControlCommandName
      /** What stands behind the command's name. */
      readonly rest: readonly string[]
    }
  | ({ readonly name: 'start' } & StartArguments)

export interface StartArguments {
  readonly port: number | undefined
  readonly dataDir: string | undefined
  readonly memory: boolean
  readonly configFile: string | undefined
  /** Configured by the environment, as Apache Kafka's image is. */
  readonly container: boolean
  readonly clusterId: string | undefined
  /** In the order given. */
  readonly settings: readonly (readonly [name: string, value: string])[]
  readonly logLevel: LogLevel
  readonly profile: ProfileName
  /** Undefined: there is to be no control API. */
  readonly controlPort: number | undefined
  readonly clock: 'system' | 'virtual'
  readonly asVersion: string | undefined
  /** Paths of files. */
  readonly seeds: readonly string[]
  readonly faults: readonly FaultSpec[]
}

/** A command line that can't be followed. */
export class UsageError extends Error {
  /** @param command whose help says more; the one that starts a broker unless said */
  constructor(
    private readonly reason: string,
    command?: string,
  ) {
    const help = command === undefined ? 'samsa --help' : `samsa ${command} --help`
    super(`${reason} (${help} says what is possible)`)
    this.name = 'UsageError'
  }

  /** The same, with the help of another command. */
  of(command: string): UsageError {
    return new UsageError(this.reason, command)
  }
}

/** @throws UsageError */
export function parseArguments(args: readonly string[]): Command {
  const [first, ...others] = args
  const control = CONTROL_COMMANDS.find((name) => name === first)
  if (control !== undefined) return { name: 'control', command: control, rest: others }
  const { values, positionals } = parse(args)
  if (values.help) return { name: 'help' }
  if (values.version) return { name: 'version' }
  const [command = 'start', ...rest] = positionals
  if (command !== 'start') throw new UsageError(`there is no command ${command}`)
  if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many`)
  for (const name of NEVER_EMPTY) {
    // As of a variable that isn't set, which would otherwise stand for this directory.
    if ([values[name]].flat().includes('')) throw new UsageError(`--${name} has to say something`)
  }
  if (values.memory && values['data-dir'] !== undefined) {
    throw new UsageError('--memory and --data-dir exclude each other')
  }
  return {
    name: 'start',
    port: values.port === undefined ? undefined : portOf(values.port),
    dataDir: values['data-dir'],
    memory: values.memory === true,
    configFile: values.config,
    container: values.container === true,
    clusterId: values['cluster-id'],
    settings: (values.set ?? []).map(settingOf),
    logLevel: oneOf('log-level', values['log-level'] ?? 'info', LOG_LEVELS),
    profile: oneOf('profile', values.profile ?? 'kafka', PROFILE_NAMES),
    controlPort:
      values['control-port'] === undefined
        ? undefined
        : portOf(values['control-port'], '--control-port'),
    clock: oneOf('clock', values.clock ?? 'system', CLOCKS),
    asVersion: values['as-version'],
    seeds: values.seed ?? [],
    faults: (values.fault ?? []).map(faultOf),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: { type: 'string', short: 'p' },
        'data-dir': { type: 'string' },
        memory: { type: 'boolean' },
        config: { type: 'string' },
        container: { type: 'boolean' },
        'cluster-id': { type: 'string' },
        set: { type: 'string', multiple: true },
        'log-level': { type: 'string' },
        'control-port': { type: 'string' },
        profile: { type: 'string' },
        seed: { type: 'string', multiple: true },
        fault: { type: 'string', multiple: true },
        clock: { type: 'string' },
        'as-version': { type: 'string' },
        version: { type: 'boolean', short: 'v' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    // Node goes on to explain how a positional argument may begin with a dash.
    throw new UsageError((error as Error).message.split('. ')[0]!)
  }
}

function portOf(text: string, option = '--port'): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= MAX_PORT) return port
  throw new UsageError(`${option} ${text}: a port is a number from 0 to ${MAX_PORT}`)
}

function settingOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals > 0) return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
  throw new UsageError(`--set ${text}: it has to be of the form key=value`)
}

function oneOf<T extends string>(option: string, text: string, values: readonly T[]): T {
  const value = values.find((each) => each === text.toLowerCase())
  if (value !== undefined) return value
  throw new UsageError(`--${option} ${text}: it has to be one of ${values.join(', ')}`)
}

function faultOf(text: string): FaultSpec {
  try {
    return checkFaultSpec(parseFault(text))
  } catch (error) {
    throw new UsageError(`--fault: ${(error as Error).message}`)
  }
}

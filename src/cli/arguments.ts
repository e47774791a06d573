import { parseArgs } from 'node:util'

/** From the least to the most that is said. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const MAX_PORT = 65_535

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

Without --config, samsa runs with what Kafka ships for a single node: on localhost, with one replica
of everything. Ctrl-C stops it.`

/** What the command is asked to do. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
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
}

/** A command line that can't be followed. */
export class UsageError extends Error {
  constructor(message: string) {
    super(`${message} (samsa --help says what is possible)`)
    this.name = 'UsageError'
  }
}

/** @throws UsageError */
export function parseArguments(args: readonly string[]): Command {
  const { values, positionals } = parse(args)
  if (values.help) return { name: 'help' }
  if (values.version) return { name: 'version' }
  const [command = 'start', ...rest] = positionals
  if (command !== 'start') throw new UsageError(`there is no command ${command}`)
  if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many`)
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
    logLevel: logLevelOf(values['log-level'] ?? 'info'),
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
        version: { type: 'boolean', short: 'v' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    // Node goes on to explain how a positional argument may begin with a dash.
    throw new UsageError((error as Error).message.split('. ')[0]!)
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= MAX_PORT) return port
  throw new UsageError(`--port ${text}: a port is a number from 0 to ${MAX_PORT}`)
}

function settingOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals > 0) return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
  throw new UsageError(`--set ${text}: it has to be of the form key=value`)
}

function logLevelOf(text: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === text.toLowerCase())
  if (level !== undefined) return level
  throw new UsageError(`--log-level ${text}: it has to be one of ${LOG_LEVELS.join(', ')}`)
}

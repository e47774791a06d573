import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Apache Kafka 4.3.1 beside us: its jars from Maven Central (once, into `KAFKA_HOME` or
 * ~/.cache/apache-kafka-4.3.1), one broker that is its own controller, and its command-line tools.
 */

const VERSION = '4.3.1'
const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 30_000

/** The directory that the jars are in. */
export function apacheKafkaHome(): string {
  return process.env.KAFKA_HOME ?? join(homedir(), '.cache', `apache-kafka-${VERSION}`)
}

const installedMark = (): string => join(apacheKafkaHome(), 'done')
const runs = (command: string, argument: string): boolean =>
  spawnSync(command, [argument], { stdio: 'ignore' }).status === 0

/** What is missing to run Apache Kafka, in words; undefined if nothing is. */
export function missingForApacheKafka(): string | undefined {
  if (!runs('java', '-version')) return 'Java 17 or later (java)'
  if (!existsSync(installedMark()) && !runs('mvn', '-version')) return 'Maven (mvn)'
  return undefined
}

/** Fetches the jars unless they are there. `pom` is the path of the pom.xml beside this file. */
export function installApacheKafka(pom = 'test/support/apache-kafka/pom.xml'): void {
  if (existsSync(installedMark())) return
  const home = apacheKafkaHome()
  mkdirSync(home, { recursive: true })
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${home}`]
  const { status } = spawnSync('mvn', ['-q', '-B', '-f', pom, ...goal], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`mvn ended with ${status}: Apache Kafka can't be fetched`)
  writeFileSync(installedMark(), '')
}

function java(mainClass: string, logLevel: string, heap: string): string[] {
  return [
    `-Xmx${heap}`,
    '-cp',
    join(apacheKafkaHome(), '*'),
    `-Dorg.slf4j.simpleLogger.defaultLogLevel=${logLevel}`,
    mainClass,
  ]
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export interface ApacheKafkaOptions {
  /** Where its properties, its log and its data go; data that is there is kept. */
  readonly directory: string
  /** A free one if left out. */
  readonly port?: number
  /** For its controller; a free one if left out. */
  readonly controllerPort?: number
  /** Server properties besides those it needs to run alone. */
  readonly properties?: Readonly<Record<string, string | number>>
  /** A dynamic quorum of one (KIP-853) instead of voters in the configuration. */
  readonly standalone?: boolean
  /** Largest Java heap, `1g` by default. */
  readonly heap?: string
  /** Arguments for `java` before the class path. */
  readonly javaOptions?: readonly string[]
}

/** A running broker. */
export interface ApacheKafka {
  readonly port: number
  readonly bootstrapServers: string
  readonly pid: number
  readonly dataDirectory: string
  readonly process: ChildProcess
  /** Stops it as an operator would (SIGTERM), or at once with SIGKILL. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** Starts a broker and waits until its port accepts connections. */
export async function startApacheKafka(options: ApacheKafkaOptions): Promise<ApacheKafka> {
  const launched = await launchApacheKafka(options)
  await reachable(launched)
  return launched
}

/** Where a broker will be. */
export interface ApacheKafkaConfiguration {
  readonly port: number
  readonly dataDirectory: string
  readonly propertiesFile: string
}

/** Writes a broker's properties, from which it isn't started yet, and formats nothing. */
export async function configureApacheKafka(
  options: ApacheKafkaOptions,
): Promise<ApacheKafkaConfiguration> {
  const { directory } = options
  const port = options.port ?? (await freePort())
  const controllerPort = options.controllerPort ?? (await freePort())
  const dataDirectory = join(directory, 'data')
  const propertiesFile = join(directory, 'server.properties')
  mkdirSync(directory, { recursive: true })
  const properties = {
    ...needed(port, controllerPort, dataDirectory),
    ...(options.standalone
      ? { 'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}` }
      : { 'controller.quorum.voters': `1@127.0.0.1:${controllerPort}` }),
    ...options.properties,
  }
  writeFileSync(
    propertiesFile,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  return { port, dataDirectory, propertiesFile }
}

/** Starts a broker and doesn't wait for it. */
export async function launchApacheKafka(options: ApacheKafkaOptions): Promise<ApacheKafka> {
  const { directory, heap = '1g' } = options
  const { port, dataDirectory, propertiesFile } = await configureApacheKafka(options)
  format(propertiesFile, dataDirectory, options.standalone === true)
  const output = openSync(join(directory, 'server.log'), 'a')
  const child = spawn(
    'java',
    [...(options.javaOptions ?? []), ...java('kafka.Kafka', 'warn', heap), propertiesFile],
    { stdio: ['ignore', output, output] },
  )
  closeSync(output)
  return {
    port,
    bootstrapServers: `127.0.0.1:${port}`,
    pid: child.pid!,
    dataDirectory,
    process: child,
    stop: (signal = 'SIGTERM') => stop(child, signal),
  }
}

function needed(port: number, controllerPort: number, data: string): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': data,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  }
}

const CLUSTER_ID = 'c2Ftc2EtdGVzdC1jbHVzdA'

function format(propertiesFile: string, dataDirectory: string, standalone: boolean): void {
  if (existsSync(join(dataDirectory, 'meta.properties'))) return
  const result = spawnSync(
    'java',
    [
      ...java('kafka.tools.StorageTool', 'error', '256m'),
      ...['format', '-t', CLUSTER_ID, '-c', propertiesFile],
      ...(standalone ? ['--standalone'] : []),
    ],
    { encoding: 'utf8' },
  )
  if (result.status !== 0) throw new Error(`the storage tool failed: ${result.stderr}`)
}

/** Waits until a launched broker's port accepts connections; it is ended if that never comes. */
export async function reachable({ port, process: child, ...rest }: ApacheKafka): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null) {
      const log = join(rest.dataDirectory, '..', 'server.log')
      throw new Error(`Apache Kafka ended: ${readFileSync(log, 'utf8').slice(-2000)}`)
    }
    const socket = connect(port, '127.0.0.1')
    const connected = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (connected) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`Apache Kafka doesn't answer on port ${port}`)
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  child.kill(signal)
  await ended
  clearTimeout(timer)
}

/** Main classes of the command-line tools, under the names of their scripts. */
export const tools = {
  'api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  configs: 'kafka.admin.ConfigCommand',
  'console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  features: 'org.apache.kafka.tools.FeatureCommand',
  'get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  groups: 'org.apache.kafka.tools.GroupsCommand',
  'leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'metadata-shell': 'org.apache.kafka.shell.MetadataShell',
  'producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  storage: 'kafka.tools.StorageTool',
  topics: 'org.apache.kafka.tools.TopicCommand',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
  'verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
} as const
export type Tool = keyof typeof tools

export interface ToolResult {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Half the processor time of a start: a tool ends before optimised code pays off. */
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/** Starts a tool, or any main class of the jars, with its three streams as pipes. */
export function spawnTool(tool: Tool | { readonly mainClass: string }, args: readonly string[]) {
  const mainClass = typeof tool === 'string' ? tools[tool] : tool.mainClass
  return spawn('java', [...SHORT_LIVED, ...java(mainClass, 'warn', '512m'), ...args])
}

/** Runs a tool to its end. With a timeout it is stopped after that, as by Ctrl-C. */
export async function runTool(
  tool: Tool | { readonly mainClass: string },
  args: readonly string[],
  options: { readonly input?: string | Buffer; readonly timeoutMs?: number } = {},
): Promise<ToolResult> {
  const child = spawnTool(tool, args)
  const timer = options.timeoutMs && setTimeout(() => child.kill('SIGINT'), options.timeoutMs)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  const [code] = (await once(child, 'close')) as [number | null]
  if (timer) clearTimeout(timer)
  return { code, stdout, stderr }
}

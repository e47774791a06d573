import { absoluteMemoryPath, absolutePath } from '../env/absolute-path.js'
import type { Disk } from '../env/disk.js'
import { parseProperties } from '../metadata/config/properties.js'
import { MEMORY_DIRECTORY, nodeProperties } from '../server/node-properties.js'
import { profileProperties } from '../testing/profiles.js'
import { type StartArguments, UsageError } from './arguments.js'
import { containerProperties, type Environment, onAllInterfaces } from './container.js'

const DEFAULT_DATA_DIR = 'samsa-data'
const DEFAULT_PORT = 9092
const DEFAULT_HOST = 'localhost'
const PROTOCOL_MAP = 'listener.security.protocol.map'
/** Configurations that name directories, several of them parted by commas. */
const DIRECTORIES = ['log.dirs', 'log.dir', 'metadata.log.dir']

/**
 * The configuration to start with: that of the profile; then the file, or else what a single node
 * runs with; then what other options say; then the environment, where that is asked for; then what was set one by one.
 *
 * @param disk where the data is or will be
 * @param files where the configuration file is
 * @throws Error with a message for the user
 */
export function configurationOf(
  args: StartArguments,
  disk: Disk,
  files: Disk,
  environment: Environment,
): Map<string, string> {
  const given = args.container
    ? ofContainer(args, disk, files, containerProperties(environment))
    : ofFileOrSingleNode(args, disk, files)
  const properties = new Map([...profileProperties(args.profile), ...given])
  for (const [name, value] of args.settings) properties.set(name, value)
  for (const name of DIRECTORIES) {
    const value = properties.get(name)
    if (value === undefined) continue
    const absolute = args.memory ? absoluteMemoryPath : absolutePath
    properties.set(name, entriesOf(value).filter(isNamed).map(absolute).join(','))
  }
  return properties
}

function ofFileOrSingleNode(args: StartArguments, disk: Disk, files: Disk): Map<string, string> {
  return args.configFile === undefined
    ? ofSingleNode(args, disk)
    : ofFile(args, args.configFile, files)
}

/**
 * An environment that names the roles is a whole configuration, as it is for Apache Kafka's image;
 * any other one changes that of a single node, which others than this machine are to reach.
 */
function ofContainer(
  args: StartArguments,
  disk: Disk,
  files: Disk,
  given: ReadonlyMap<string, string>,
): Map<string, string> {
  if (args.configFile !== undefined) {
    return new Map([...ofFile(args, args.configFile, files), ...given])
  }
  if (given.has('process.roles')) {
    const directory = args.memory ? MEMORY_DIRECTORY : args.dataDir
    const directories = directory === undefined ? [] : [['log.dirs', directory] as const]
    return new Map([...directories, ...given])
  }
  const properties = ofSingleNode(args, disk, given.get('node.id') ?? given.get('broker.id'))
  const [clients, controller] = entriesOf(properties.get('listeners')) as [string, string]
  properties.set('listeners', `${onAllInterfaces(clients)},${controller}`)
  properties.set('advertised.listeners', clients)
  for (const [name, value] of given) properties.set(name, value)
  if (given.has('listeners') && !given.get('listeners')!.includes('CONTROLLER://')) {
    properties.set('listeners', `${given.get('listeners')},${controller}`)
  }
  // The controller's listener is none of theirs, so neither they nor their map know of it.
  const protocols = given.get(PROTOCOL_MAP)
  if (protocols !== undefined && !/(^|,)\s*CONTROLLER\s*:/.test(protocols)) {
    properties.set(PROTOCOL_MAP, `${protocols},CONTROLLER:PLAINTEXT`)
  }
  if (given.has('listeners') && !given.has('advertised.listeners')) {
    properties.delete('advertised.listeners')
  }
  return properties
}

/** @param givenId the node's own, unless the command line has another */
function ofSingleNode(args: StartArguments, disk: Disk, givenId?: string): Map<string, string> {
  const { memory, dataDir, port = DEFAULT_PORT, settings } = args
  const directory = memory ? MEMORY_DIRECTORY : absolutePath(dataDir ?? DEFAULT_DATA_DIR)
  const nodeId = new Map(settings).get('node.id') ?? givenId
  return nodeProperties({ disk, directory, host: DEFAULT_HOST, port, nodeId })
}

function ofFile(args: StartArguments, file: string, files: Disk): Map<string, string> {
  const properties = read(file, files)
  const directory = args.memory ? MEMORY_DIRECTORY : args.dataDir
  if (directory !== undefined) {
    for (const name of DIRECTORIES) properties.delete(name)
    properties.set('log.dirs', directory)
  }
  if (args.port !== undefined) setPort(properties, args.port)
  return properties
}

function read(file: string, files: Disk): Map<string, string> {
  const path = absolutePath(file)
  try {
    const bytes = files.readFile(path)
    if (bytes === undefined) throw new Error('there is no such file')
    return parseProperties(bytes.toString('utf8'))
  } catch (error) {
    throw new Error(`--config ${file}: ${(error as Error).message}`, { cause: error })
  }
}

/** Of the first listener that is for clients; where it is advertised with its own port, there too. */
function setPort(properties: Map<string, string>, port: number): void {
  const controllers = entriesOf(properties.get('controller.listener.names'))
  const listeners = entriesOf(properties.get('listeners') ?? `PLAINTEXT://:${DEFAULT_PORT}`)
  const first = listeners.find((text) => !controllers.includes(schemeOf(text)))
  if (first === undefined) throw new UsageError('--port: the file has no listener for clients')
  const replaced = (texts: readonly string[]): string =>
    texts
      .map((text) =>
        schemeOf(text) === schemeOf(first) && portOf(text) === portOf(first)
          ? `${text.slice(0, text.lastIndexOf(':'))}:${port}`
          : text,
      )
      .join(',')
  properties.set('listeners', replaced(listeners))
  const advertised = properties.get('advertised.listeners')
  if (advertised !== undefined) {
    properties.set('advertised.listeners', replaced(entriesOf(advertised)))
  }
}

const entriesOf = (text = ''): string[] => text.split(',').map((entry) => entry.trim())
const schemeOf = (listener: string): string => listener.slice(0, listener.indexOf(':'))
const portOf = (listener: string): string => listener.slice(listener.lastIndexOf(':') + 1)

const isNamed = (entry: string): boolean => entry !== ''

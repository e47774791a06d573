import { resolve } from 'node:path'
import type { Disk } from '../env/disk.js'
import { parseProperties } from '../metadata/config/properties.js'
import { MEMORY_DIRECTORY, nodeProperties } from '../server/node-properties.js'
import { type StartArguments, UsageError } from './arguments.js'

const DEFAULT_DATA_DIR = 'samsa-data'
const DEFAULT_PORT = 9092
const DEFAULT_HOST = 'localhost'
/** Configurations that name directories, several of them parted by commas. */
const DIRECTORIES = ['log.dirs', 'log.dir', 'metadata.log.dir']

/**
 * The configuration to start with: the file, or else what a single node runs with; then what other
 * options say; then what was set one by one.
 *
 * @param disk where the data is or will be
 * @param files where the configuration file is
 * @throws Error with a message for the user
 */
export function configurationOf(
  args: StartArguments,
  disk: Disk,
  files: Disk,
): Map<string, string> {
  const properties =
    args.configFile === undefined ? ofSingleNode(args, disk) : ofFile(args, args.configFile, files)
  for (const [name, value] of args.settings) properties.set(name, value)
  for (const name of DIRECTORIES) {
    const value = properties.get(name)
    if (value !== undefined) properties.set(name, absolute(value))
  }
  return properties
}

function ofSingleNode(args: StartArguments, disk: Disk): Map<string, string> {
  const { memory, dataDir, port = DEFAULT_PORT, settings } = args
  const directory = memory ? MEMORY_DIRECTORY : resolve(dataDir ?? DEFAULT_DATA_DIR)
  const nodeId = new Map(settings).get('node.id')
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
  const path = resolve(file)
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

const absolute = (directories: string): string =>
  entriesOf(directories)
    .filter((directory) => directory !== '')
    .map((directory) => resolve(directory))
    .join(',')

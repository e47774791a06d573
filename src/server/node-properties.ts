import type { Disk } from '../env/disk.js'
import { singleNodeProperties } from '../metadata/config/defaults.js'
import { META_PROPERTIES_FILE } from '../storage/file-names.js'
import { decodeMetaProperties } from '../storage/meta-properties.js'

/** Where the data of a node that keeps it in memory seems to be. */
export const MEMORY_DIRECTORY = '/samsa-data'
/** What such a node keeps at most. */
export const DEFAULT_MEMORY_BYTES = 1024 * 1024 * 1024
/** Used for the controller's listener, which a quorum of one doesn't open. */
const CONTROLLER_PORT = 9093

export interface NodePropertiesOptions {
  readonly disk: Disk
  /** Absolute. */
  readonly directory: string
  /** Where the broker listens, e.g. `localhost`. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** The `node.id` that the user has set, if any: a quorum of one is that node's own. */
  readonly nodeId?: string | undefined
}

/**
 * What a node runs with that is given no file: Kafka's configuration for a single node, or, where
 * there is a data directory already, for the node that this belongs to.
 *
 * @throws Error with a message for the user when the directory's `meta.properties` can't be used
 */
export function nodeProperties(options: NodePropertiesOptions): Map<string, string> {
  const { disk, directory, host, port } = options
  const properties = new Map(singleNodeProperties)
  const controllerPort = port === CONTROLLER_PORT ? CONTROLLER_PORT + 1 : CONTROLLER_PORT
  const nodeId = options.nodeId ?? nodeIdOf(disk, directory) ?? properties.get('node.id')!
  properties.set('node.id', nodeId)
  properties.set('controller.quorum.voters', `${nodeId}@localhost:${controllerPort}`)
  properties.set(
    'listeners',
    `PLAINTEXT://${host}:${port},CONTROLLER://localhost:${controllerPort}`,
  )
  properties.set('log.dirs', directory)
  return properties
}

function nodeIdOf(disk: Disk, directory: string): string | undefined {
  const path = `${directory}/${META_PROPERTIES_FILE}`
  const content = disk.readFile(path)
  return content && String(decodeMetaProperties(content, path).nodeId)
}

/** What `meta.properties` says of the directory that it lies in (KIP-858; Kafka's `MetaProperties`). */
export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  /** Undefined in a directory that was formatted before directories had ids. */
  readonly directoryId: string | undefined
}

const VERSION = 1
const ESCAPES: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f' }

/** The content of a `meta.properties`. */
export function encodeMetaProperties(properties: MetaProperties): Buffer {
  const { clusterId, nodeId, directoryId } = properties
  const lines = [
    '#',
    `node.id=${nodeId}`,
    ...(directoryId === undefined ? [] : [`directory.id=${directoryId}`]),
    `version=${VERSION}`,
    `cluster.id=${clusterId}`,
  ]
  return Buffer.from(`${lines.join('\n')}\n`)
}

/**
 * Reads a `meta.properties`.
 *
 * @param path of the file, for messages
 * @throws Error with a message for the user where it is of another version or lacks something
 */
export function decodeMetaProperties(content: Buffer, path: string): MetaProperties {
  const fields = parseProperties(content.toString('latin1'))
  const version = fields.get('version')
  if (version === undefined) throw new Error(`${path} has no version`)
  if (Number(version) !== VERSION) {
    throw new Error(`${path} is of version ${version}; only version ${VERSION} is known`)
  }
  const clusterId = fields.get('cluster.id')
  const nodeId = fields.get('node.id')
  if (clusterId === undefined || clusterId === '') throw new Error(`${path} has no cluster.id`)
  if (nodeId === undefined || !/^\d+$/.test(nodeId)) {
    throw new Error(`${path} has no node.id that is a number`)
  }
  return { clusterId, nodeId: Number(nodeId), directoryId: fields.get('directory.id') }
}

/** The part of java.util.Properties' format that Kafka's writer and people's editors make. */
function parseProperties(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split(/\r?\n|\r/)) {
    const match = /^\s*([^#!\s=:][^=:\s]*)\s*[=:\s]\s*(.*?)\s*$/.exec(line)
    if (match !== null) fields.set(match[1]!, withoutEscapes(match[2]!))
  }
  return fields
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character)
}

const VERSION = 0
const TOPIC_ID = /^[\w-]{22}$/

/** The content of a log's `partition.metadata`, which ties its directory to its topic's id. */
export function encodePartitionMetadata(topicId: string): Buffer {
  return Buffer.from(`version: ${VERSION}\ntopic_id: ${topicId}`)
}

/** The topic id in a `partition.metadata`; undefined where there is none that makes sense. */
export function decodePartitionMetadata(content: Buffer): string | undefined {
  const fields = new Map(
    content
      .toString('utf8')
      .split('\n')
      .map((line) => line.split(':', 2).map((part) => part.trim()) as [string, string]),
  )
  const topicId = fields.get('topic_id')
  if (Number(fields.get('version')) !== VERSION || topicId === undefined) return undefined
  return TOPIC_ID.test(topicId) ? topicId : undefined
}

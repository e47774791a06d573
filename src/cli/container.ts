import { parseProperties } from '../metadata/config/properties.js'

/** Variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'KAFKA_'
const ALL_INTERFACES = '0.0.0.0'

/** Variables of Apache Kafka's image that aren't configurations of the broker. */
const OTHERS: ReadonlySet<string> = new Set([
  'KAFKA_CREATE_TOPICS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_HEAP_OPTS',
  'KAFKA_JMX_HOSTNAME',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_PORT',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_OPTS',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
  'KAFKA_VERSION',
])

/**
 * What the environment says, as Apache Kafka's image reads it (its `KafkaDockerWrapper` and
 * `configure` script): `KAFKA_LOG_RETENTION_MS` is `log.retention.ms`, two underscores stand for one,
 * three for a dash. With advertised listeners alone, it listens on their ports on all interfaces.
 */
export function containerProperties(environment: Environment): Map<string, string> {
  const lines = Object.entries(environment).flatMap(([variable, value]) => {
    if (!variable.startsWith(PREFIX) || OTHERS.has(variable) || value === undefined) return []
    return [`${configurationName(variable.slice(PREFIX.length))}=${value}`]
  })
  // The image writes them into a properties file, in which backslashes escape.
  const properties = parseProperties(lines.join('\n'))
  const advertised = properties.get('advertised.listeners')
  if (advertised !== undefined && (properties.get('listeners') ?? '') === '') {
    properties.set('listeners', onAllInterfaces(advertised))
  }
  return properties
}

/** The cluster that a new directory is formatted for; an empty variable says as much as none. */
export function clusterIdIn(environment: Environment): string | undefined {
  return environment.CLUSTER_ID === '' ? undefined : environment.CLUSTER_ID
}

/** Each listener on its port, whatever its host. */
export function onAllInterfaces(listeners: string): string {
  return listeners.replace(/:\/\/[^,]*:(?=\d+)/g, `://${ALL_INTERFACES}:`)
}

function configurationName(variable: string): string {
  return variable.toLowerCase().replaceAll('_', '.').replaceAll('...', '-').replaceAll('..', '_')
}

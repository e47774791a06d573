import { QuorumController } from '../../controller/quorum-controller.js'
import type { Clock } from '../../env/clock.js'
import { memoryInUse, processorSeconds } from '../../env/host.js'
import { NO_LEADER } from '../../metadata/topic.js'
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/schema/list-groups.js'
import type { Log } from '../../storage/log.js'
import { transactionViews } from '../inspect/transactions.js'
import type { RunningServer } from '../server-faults.js'
import { type Labels, PrometheusText } from './prometheus-text.js'
import { RequestMetrics, type TopicTraffic } from './request-metrics.js'

const LIST_GROUPS_VERSION = 5
/** As Kafka's histograms have them. */
const QUANTILES = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999]
const QUANTILE_TEXTS = ['0.50', '0.75', '0.95', '0.98', '0.99', '0.999']
/** Kafka's `BrokerState.RUNNING`; in any other state there is nobody to be asked for metrics. */
const RUNNING = 3
const CLASSIC_STATES = ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Empty']
const CONSUMER_STATES = ['Empty', 'Assigning', 'Reconciling', 'Stable', 'Dead']

const TOPIC_METRICS: readonly (readonly [name: string, of: keyof TopicTraffic, help: string])[] = [
  ['messagesin', 'messagesIn', 'Messages that clients have produced'],
  ['bytesin', 'bytesIn', 'Bytes of record batches produced'],
  ['bytesout', 'bytesOut', 'Bytes of record batches fetched'],
  ['totalproducerequests', 'produceRequests', 'Partitions in requests to produce'],
  ['failedproducerequests', 'failedProduceRequests', 'Partitions to which could not be produced'],
  ['totalfetchrequests', 'fetchRequests', 'Partitions in answers to requests to fetch'],
  ['failedfetchrequests', 'failedFetchRequests', 'Partitions that could not be fetched from'],
]

type Samples = (readonly [labels: Labels, value: number])[]

/**
 * What Kafka tells of itself over JMX, as far as samsa knows it, by the names that the usual rules of
 * the Prometheus JMX exporter make of Kafka's; what Kafka doesn't tell begins with `samsa_`.
 */
export class BrokerMetrics {
  readonly requests: RequestMetrics

  /**
   * @param running asked anew each time
   * @param clock the machine's
   */
  constructor(
    private readonly running: () => RunningServer,
    clock: Clock,
  ) {
    this.requests = new RequestMetrics(
      clock,
      (id) => running().server.services.metadata.topicsById.get(id)?.name,
    )
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    const { topicsByName } = this.running().server.services.metadata
    this.requests.keepOnly((topic) => topicsByName.has(topic))
    const text = new PrometheusText()
    this.#topics(text)
    this.#requests(text)
    this.#replicas(text)
    this.#logs(text)
    this.#controller(text)
    await this.#groups(text)
    await this.#transactions(text)
    processMetrics(text)
    return text.toString()
  }

  #topics(text: PrometheusText): void {
    const { traffic, topics } = this.requests
    for (const [name, of, help] of TOPIC_METRICS) {
      text.metric(`kafka_server_brokertopicmetrics_${name}_total`, 'counter', help, [
        [{}, traffic[of]],
        ...[...topics].map(([topic, each]) => [{ topic }, each[of]] as const),
      ])
    }
  }

  #requests(text: PrometheusText): void {
    const { requests, errors, totalTimes, connections } = this.requests
    const prefix = 'kafka_network_requestmetrics'
    const pairs = <K extends string | number>(
      of: Map<string, Map<K, number>>,
      label: string,
    ): Samples =>
      [...of].flatMap(([request, counts]) =>
        [...counts].map(([key, count]) => [{ request, [label]: key }, count] as const),
      )
    text.metric(
      `${prefix}_requests_total`,
      'counter',
      'Requests answered',
      pairs(requests, 'version'),
    )
    text.metric(
      `${prefix}_errors_total`,
      'counter',
      'Responses with an error, each error of a response once; NONE: without',
      pairs(errors, 'error'),
    )
    const times = [...totalTimes]
    text.metric(`${prefix}_totaltimems`, 'gauge', 'Milliseconds from request to response', [
      ...times.flatMap(([request, histogram]) =>
        QUANTILES.map(
          (part, i) =>
            [{ request, quantile: QUANTILE_TEXTS[i]! }, histogram.quantile(part)] as const,
        ),
      ),
    ])
    text.metric(
      `${prefix}_totaltimems_count`,
      'counter',
      'Requests whose time was taken',
      times.map(([request, { count }]) => [{ request }, count] as const),
    )
    text.metric(
      `${prefix}_totaltimems_max`,
      'gauge',
      'The longest time',
      times.map(([request, { max }]) => [{ request }, max] as const),
    )
    text.metric(
      `${prefix}_totaltimems_mean`,
      'gauge',
      'The mean time',
      times.map(
        ([request, { sum, count }]) => [{ request }, count === 0 ? 0 : sum / count] as const,
      ),
    )
    text.metric(
      'kafka_server_socket_server_metrics_connection_count',
      'gauge',
      'Open connections that have asked something',
      [...connections].map(([listener, count]) => [{ listener }, count] as const),
    )
  }

  #replicas(text: PrometheusText): void {
    const { nodeId, metadata, logs } = this.running().server.services
    const name = (metric: string) => `kafka_server_replicamanager_${metric}`
    let partitions = 0
    let leaders = 0
    let underReplicated = 0
    for (const topic of metadata.topicsByName.values()) {
      for (const { replicas, leader, isr } of topic.partitions.values()) {
        if (!replicas.includes(nodeId)) continue
        partitions++
        if (leader === nodeId) leaders++
        if (leader === nodeId && isr.length < replicas.length) underReplicated++
      }
    }
    let offline = 0
    let producers = 0
    for (const log of logs.logs()) {
      if (log.offline) offline++
      else producers += log.activeProducers().length
    }
    text.gauge(name('partitioncount'), 'Partitions with a replica here', partitions)
    text.gauge(name('leadercount'), 'Partitions that this broker leads', leaders)
    text.gauge(name('underreplicatedpartitions'), 'Of those, not all in sync', underReplicated)
    text.gauge(name('offlinereplicacount'), 'Replicas whose disk has failed', offline)
    text.gauge(name('produceridcount'), 'Producer ids that partitions know of', producers)
    text.gauge(
      'kafka_log_logmanager_offlinelogdirectorycount',
      'Log directories whose disk has failed',
      logs.directories.filter((each) => each.offline).length,
    )
    text.gauge('kafka_server_kafkaserver_brokerstate', '3: running', RUNNING)
  }

  #logs(text: PrometheusText): void {
    const { nodeId, metadata, logs } = this.running().server.services
    const here = [...metadata.topicsByName].flatMap(([topic, { partitions }]) =>
      [...partitions]
        .filter(([, { replicas }]) => replicas.includes(nodeId))
        .map(([partition]) => ({ topic, partition, log: logs.log(topic, partition) })),
    )
    // Kafka makes every log at once, empty; here one is made when it is first used.
    const each = (of: (log: Log) => number, whenUnused = 0): Samples =>
      here
        .filter(({ log }) => log?.offline !== true)
        .map(({ topic, partition, log }) => [
          { topic, partition },
          log === undefined ? whenUnused : of(log),
        ])
    const metric = (name: string, help: string, samples: Samples): void => {
      text.metric(`kafka_log_log_${name}`, 'gauge', help, samples)
    }
    metric(
      'size',
      'Bytes of all segments',
      each((log) => log.size),
    )
    metric(
      'numlogsegments',
      'Segments',
      each((log) => log.segmentCount, 1),
    )
    metric(
      'logstartoffset',
      'The first offset',
      each((log) => log.logStartOffset),
    )
    metric(
      'logendoffset',
      'The offset after the last',
      each((log) => log.logEndOffset),
    )
  }

  #controller(text: PrometheusText): void {
    const { metadata, controller } = this.running().server.services
    const name = (metric: string) => `kafka_controller_kafkacontroller_${metric}`
    const brokers = [...metadata.brokers.values()]
    const partitions = [...metadata.topicsByName.values()].flatMap((t) => [
      ...t.partitions.values(),
    ])
    const offline = partitions.filter(({ leader }) => leader === NO_LEADER).length
    const imbalanced = partitions.filter(({ leader, replicas }) => leader !== replicas[0]).length
    const isActive = controller instanceof QuorumController && controller.isActive
    text.gauge(name('activecontrollercount'), '1: it decides for the cluster', isActive ? 1 : 0)
    text.gauge(name('activebrokercount'), 'Brokers', brokers.filter((b) => !b.fenced).length)
    text.gauge(name('fencedbrokercount'), 'Fenced brokers', brokers.filter((b) => b.fenced).length)
    text.gauge(name('globaltopiccount'), 'Topics', metadata.topicsByName.size)
    text.gauge(name('globalpartitioncount'), 'Partitions', partitions.length)
    text.gauge(name('offlinepartitionscount'), 'Partitions without a leader', offline)
    text.gauge(
      name('preferredreplicaimbalancecount'),
      'Partitions whose leader is not the preferred one',
      imbalanced,
    )
    text.gauge(
      name('lastappliedrecordoffset'),
      'Up to where the metadata log was replayed',
      metadata.provenance.offset,
    )
  }

  async #groups(text: PrometheusText): Promise<void> {
    const { groups } = await this.running().client.ask(
      ListGroupsRequest,
      ListGroupsResponse,
      LIST_GROUPS_VERSION,
      { statesFilter: [], typesFilter: [] },
    )
    const classic = groups.filter(({ groupType }) => groupType === 'classic')
    const consumer = groups.filter(({ groupType }) => groupType === 'consumer')
    const name = (metric: string) => `kafka_coordinator_group_groupmetadatamanager_${metric}`
    text.gauge(name('numgroups'), 'Groups of the classic protocol', classic.length)
    for (const state of CLASSIC_STATES) {
      const count = classic.filter(({ groupState }) => groupState === state).length
      text.gauge(name(`numgroups${state.toLowerCase()}`), `Of those, in state ${state}`, count)
    }
    const prefix = 'kafka_server_group_coordinator_metrics'
    text.metric(`${prefix}_group_count`, 'gauge', 'Groups by protocol', [
      [{ protocol: 'classic' }, classic.length],
      [{ protocol: 'consumer' }, consumer.length],
    ])
    text.metric(
      `${prefix}_consumer_group_count`,
      'gauge',
      'Groups of the consumer protocol by state',
      CONSUMER_STATES.map(
        (state) =>
          [
            { state: state.toLowerCase() },
            consumer.filter(({ groupState }) => groupState === state).length,
          ] as const,
      ),
    )
  }

  async #transactions(text: PrometheusText): Promise<void> {
    const counts = new Map<string, number>()
    for (const { state } of await transactionViews(this.running().client)) {
      counts.set(state, (counts.get(state) ?? 0) + 1)
    }
    text.metric(
      'samsa_coordinator_transaction_count',
      'gauge',
      'Transactional ids by state',
      [...counts].map(([state, count]) => [{ state }, count] as const),
    )
  }
}

function processMetrics(text: PrometheusText): void {
  const memory = memoryInUse()
  text.metric('process_cpu_seconds_total', 'counter', 'Processor time of the process', [
    [{}, processorSeconds()],
  ])
  text.gauge('process_resident_memory_bytes', 'Memory of the process', memory.resident)
  text.gauge('nodejs_heap_size_used_bytes', 'Of that, what its heap holds', memory.heapUsed)
}

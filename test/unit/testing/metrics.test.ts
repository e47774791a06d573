import t from 'tap'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { Histogram } from '../../../src/testing/metrics/histogram.js'
import { PrometheusText } from '../../../src/testing/metrics/prometheus-text.js'
import { until } from '../../support/until.js'
import { RawClient, requestFrame } from '../server/server-fixture.js'
import { ControlFixture } from './control-fixture.js'

t.test('the metrics', async (t) => {
  const control = await ControlFixture.start(t)
  await control.fixture.createTopic('orders', 2)
  const client = control.fixture.client()
  await client.produce({ orders: [0, 1] })
  await client.produce({ orders: [7] })
  await client.produce({ orders: [0] }, -1)
  await client.fetch('orders')
  const { text, headers } = await control.ask('GET', '/metrics')
  t.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const metrics = new Map<string, number>()
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('#')) {
      t.match(line, /^# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge))$/)
      continue
    }
    const match = /^([a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})?) (-?[\d.e+-]+)$/.exec(line)
    t.ok(match, line)
    t.notOk(metrics.has(match![1]!), `${match![1]} once`)
    metrics.set(match![1]!, Number(match![2]))
  }
  const has = (name: string, value: number) => t.equal(metrics.get(name), value, name)
  has('kafka_server_brokertopicmetrics_messagesin_total', 3)
  has('kafka_server_brokertopicmetrics_messagesin_total{topic="orders"}', 3)
  has('kafka_server_brokertopicmetrics_totalproducerequests_total', 4)
  has('kafka_server_brokertopicmetrics_failedproducerequests_total', 1)
  const { logEndOffset } = control.broker.topic('orders').partitions()[0]!
  has('kafka_log_log_logendoffset{topic="orders",partition="0"}', logEndOffset)
  const size = metrics.get('kafka_log_log_size{topic="orders",partition="0"}')!
  t.equal(metrics.get('kafka_server_brokertopicmetrics_bytesout_total{topic="orders"}'), size)
  has('kafka_network_requestmetrics_requests_total{request="Produce",version="12"}', 3)
  has('kafka_network_requestmetrics_errors_total{request="Produce",error="NONE"}', 2)
  has('kafka_network_requestmetrics_totaltimems_count{request="Fetch"}', 1)
  t.ok(metrics.has('kafka_network_requestmetrics_totaltimems{request="Fetch",quantile="0.99"}'))
  has('kafka_server_replicamanager_partitioncount', 2)
  has('kafka_controller_kafkacontroller_activebrokercount', 1)
  has('kafka_controller_kafkacontroller_globaltopiccount', 1)
  has('kafka_controller_kafkacontroller_activecontrollercount', 1)
  has('kafka_log_log_numlogsegments{topic="orders",partition="1"}', 1)
  has('kafka_coordinator_group_groupmetadatamanager_numgroups', 0)
  has('kafka_server_group_coordinator_metrics_group_count{protocol="consumer"}', 0)
})

t.test('a client that goes away while it waits for records is counted, too', async (t) => {
  const control = await ControlFixture.start(t)
  const { fixture, broker } = control
  await fixture.createTopic('orders')
  const gone = await RawClient.connect(Number(broker.bootstrapServers.split(':')[1]))
  const topics = [{ topic: 'orders', partitions: [{ partition: 0, fetchOffset: 0 }] }]
  gone.send(requestFrame(ApiKey.Fetch, 12, 1, { maxWaitMs: 60_000, minBytes: 1, topics }))
  await until(() => broker.journal.entries({ api: 'Fetch' }).length === 1)
  gone.close()
  const { outcome } = await broker.waitForRequest('Fetch')
  t.equal(outcome, 'unanswered')
  const { text } = await control.ask('GET', '/metrics')
  t.match(text, 'kafka_network_requestmetrics_requests_total{request="Fetch",version="12"} 1')
})

t.test('labels may have any text', async (t) => {
  const text = new PrometheusText()
  text.metric('m', 'gauge', 'a\nb\\', [[{ name: 'say "a\\b"\n' }, 1.5]])
  t.equal(String(text), '# HELP m a\\nb\\\\\n# TYPE m gauge\nm{name="say \\"a\\\\b\\"\\n"} 1.5\n')
})

t.test('quantiles are right to a sixteenth', async (t) => {
  const histogram = new Histogram()
  t.equal(histogram.quantile(0.5), 0)
  for (let value = 0; value <= 10_000; value++) histogram.add(value)
  t.match(histogram, { count: 10_001, sum: 50_005_000, max: 10_000 })
  for (const part of [0.001, 0.01, 0.5, 0.75, 0.95, 0.99, 0.999]) {
    const [found, right] = [histogram.quantile(part), Math.ceil(10_001 * part) - 1]
    t.ok(found >= right && found <= right * (1 + 1 / 16) + 1, `${part}: ${found} for ${right}`)
  }
  t.equal(histogram.quantile(1), 10_000)
  histogram.add(2 ** 40)
  t.equal(histogram.quantile(1), 2 ** 31 - 1)
  histogram.add(-1)
  t.equal(histogram.count, 10_003)
})

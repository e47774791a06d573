import { join } from 'node:path'
import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { run } from '../../support/run.js'
import { temporaryDirectory } from '../../support/teardown.js'
import { until } from '../../support/until.js'
import { compileJava, javaCommand } from '../java-client/java.js'
import { PROMPT } from '../java-client/prompt.js'
import { clientOf, producerOf, topicOf } from '../kafkajs/client.js'
import { type Kind, Member } from './member.js'

const BUILD_TIMEOUT_MS = 300_000
const SETTLE_TIMEOUT_MS = 60_000
/** As long as a member that is gone without a word is waited for. */
const SESSION = ['session.timeout.ms=6000', 'heartbeat.interval.ms=200']

const bootstrap = await bootstrapFor(t, PROMPT)
const kafka = clientOf(bootstrap)
const producer = producerOf(kafka)
const admin = kafka.admin()
await Promise.all([producer.connect(), admin.connect()])
t.teardown(() => Promise.all([producer.disconnect(), admin.disconnect()]))

const directory = temporaryDirectory(t)
const goProgram = join(directory, 'compat')

/** A topic, a group that reads it, and who is in that group. */
class Group {
  readonly members: Member[] = []
  readonly everybody: Member[] = []
  #written = 0

  constructor(
    readonly topic: string,
    readonly partitions: number,
    readonly name = `${topic}-group`,
  ) {}

  join(name: string, kind: Kind): Member {
    const member = new Member(t, name, kind)
    this.members.push(member)
    this.everybody.push(member)
    return member
  }

  forget(member: Member): void {
    this.members.splice(this.members.indexOf(member), 1)
  }

  /** Waits until each partition has one owner, and each member a share of its. */
  async settle(): Promise<void> {
    const shared = () => {
      for (const member of this.members) member.check()
      const held = this.members.flatMap((member) => member.assigned)
      return (
        held.length === this.partitions &&
        new Set(held).size === this.partitions &&
        this.members.every((member) => member.assigned.length > 0)
      )
    }
    const state = () => this.members.map((it) => `${it.name}: ${it.assigned}`).join('; ')
    await until(shared, 'shares', SETTLE_TIMEOUT_MS).catch((error) => {
      throw new Error(`${error.message}: ${state()}`)
    })
  }

  /** Writes records to all partitions and waits until they are read. */
  async writeAndRead(): Promise<void> {
    const from = this.#written
    this.#written += 10 * this.partitions
    const messages = Array.from({ length: 10 * this.partitions }, (_, i) => ({
      value: `${from + i}`,
      partition: i % this.partitions,
    }))
    await producer.send({ topic: this.topic, messages })
    await until(() => new Set(this.read()).size === this.#written, 'records', SETTLE_TIMEOUT_MS)
  }

  read(): string[] {
    return this.everybody.flatMap((member) => member.read)
  }

  async committed(): Promise<number> {
    const [offsets] = await admin.fetchOffsets({ groupId: this.name, topics: [this.topic] })
    return offsets!.partitions.reduce((sum, { offset }) => sum + Number(offset), 0)
  }

  get written(): number {
    return this.#written
  }
}

const kinds = (classes: string, { topic, name }: Group) => ({
  java: (...configs: string[]): Kind =>
    javaCommand(classes, 'GroupMember', [bootstrap, name, topic, ...configs]),
  python: (...configs: string[]): Kind => ({
    command: process.env.SAMSA_TEST_PYTHON ?? 'python3',
    args: ['test/compat/confluent/member.py', bootstrap, name, topic, ...configs],
  }),
  node: (...configs: string[]): Kind => ({
    command: process.execPath,
    args: ['test/compat/confluent-node/member.mjs', bootstrap, name, topic, ...configs],
  }),
  go: (client: string): Kind => ({
    command: goProgram,
    args: [bootstrap, client, 'member', topic],
  }),
  kcat: (...configs: string[]): Kind => ({
    command: 'kcat',
    args: [
      ...['-b', bootstrap, '-u', '-f', 'read %s\n', '-X', 'auto.offset.reset=earliest'],
      ...configs.flatMap((config) => ['-X', config]),
      ...['-G', name, topic],
    ],
    leavesOn: 'SIGTERM',
  }),
})

const classes = await compileJava(t)
const built = await run('go', ['build', '-o', goProgram, '.'], {
  cwd: 'test/compat/go',
  timeoutMs: BUILD_TIMEOUT_MS,
})
if (built.code !== 0) throw new Error(`go build: ${built.stderr}`)

t.test('Java, librdkafka, franz-go and sarama share a classic group', async (t) => {
  const group = new Group(await topicOf(kafka, 12), 12)
  const { java, python, node, go, kcat } = kinds(classes, group)
  const range = 'partition.assignment.strategy=range'
  const javaRange = 'partition.assignment.strategy=org.apache.kafka.clients.consumer.RangeAssignor'

  group.join('java', java(javaRange, ...SESSION))
  await group.settle()
  const kcatMember = group.join('kcat', kcat(range, ...SESSION))
  const pythonMember = group.join('confluent-kafka', python(range, ...SESSION))
  group.join('confluent-kafka (Node)', node(range, ...SESSION))
  const franz = group.join('franz-go', go('franz-go'))
  const sarama = group.join('sarama', go('sarama'))
  await group.settle()
  await group.writeAndRead()
  t.strictSame(
    group.members.map((member) => member.assigned.length),
    [2, 2, 2, 2, 2, 2],
  )
  t.equal(group.read().length, group.written, 'nothing is read twice while nobody moves')
  const described = (await admin.describeGroups([group.name])).groups[0]!
  t.strictSame(
    [described.state, described.protocol, described.members.length],
    ['Stable', 'range', 6],
  )

  for (const leaver of [franz, kcatMember]) {
    await leaver.leave()
    group.forget(leaver)
    await group.settle()
    await group.writeAndRead()
  }
  for (const victim of [sarama, pythonMember]) {
    await victim.crash()
    group.forget(victim)
  }
  await group.settle()
  await group.writeAndRead()
  group.join('franz-go again', go('franz-go'))
  await group.settle()
  await group.writeAndRead()
  await Promise.all(group.members.map((member) => member.leave()))
  t.equal(await group.committed(), group.written)
})

t.test('Java and librdkafka share a consumer group', async (t) => {
  const group = new Group(await topicOf(kafka, 8), 8)
  const { java, python, node } = kinds(classes, group)
  const consumer = 'group.protocol=consumer'

  const first = group.join('java', java(consumer))
  await group.settle()
  const second = group.join('confluent-kafka', python(consumer))
  group.join('confluent-kafka (Node)', node(consumer))
  await group.settle()
  await group.writeAndRead()
  t.equal(group.read().length, group.written, 'nothing is read twice while nobody moves')
  await first.leave()
  group.forget(first)
  await group.settle()
  await group.writeAndRead()
  const late = group.join('late java', java(consumer))
  await group.settle()
  await second.crash()
  group.forget(second)
  await group.settle()
  await group.writeAndRead()
  await late.crash()
  group.forget(late)
  await group.settle()
  await group.writeAndRead()
  await Promise.all(group.members.map((member) => member.leave()))
  t.equal(await group.committed(), group.written)
})

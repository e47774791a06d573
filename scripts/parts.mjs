// The parts of the whole test run, and the tools from outside that some of them need.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const sudo = process.getuid?.() === 0 ? '' : 'sudo '
const cache = join(homedir(), '.cache')
const kafkaHome = process.env.KAFKA_HOME ?? join(cache, 'apache-kafka-4.3.1')
const kafkaLegacyHome = process.env.KAFKA_LEGACY_HOME ?? join(cache, 'kafka-clients-0.9.0.1')
const pythonHome = process.env.SAMSA_TEST_VENV ?? join(cache, 'samsa-test-python')
const platformatic = 'test/compat/platformatic'
const confluentNodeHome = process.env.SAMSA_TEST_CONFLUENT_NODE ?? join(cache, 'samsa-test-node')
const confluentNode = join(confluentNodeHome, 'node_modules/@confluentinc/kafka-javascript')

/** What the tests find the tools by. */
export const toolEnvironment = {
  KAFKA_HOME: kafkaHome,
  KAFKA_LEGACY_HOME: kafkaLegacyHome,
  SAMSA_TEST_PYTHON: join(pythonHome, 'bin/python'),
  SAMSA_TEST_CONFLUENT_NODE: confluentNodeHome,
}

const succeeds = (command) => spawnSync('bash', ['-c', command], { stdio: 'ignore' }).status === 0

/** A tool: whether it is there, and the commands that bring it. */
const tools = {
  curl: {
    present: () => succeeds('curl --json x --version'),
    install: [`${sudo}apt-get update -q`, `${sudo}apt-get install -qy curl`],
  },
  kcat: {
    present: () => succeeds('command -v kcat'),
    install: [`${sudo}apt-get update -q`, `${sudo}apt-get install -qy kcat`],
  },
  java: {
    present: () => succeeds('command -v java'),
    install: [`${sudo}apt-get update -q`, `${sudo}apt-get install -qy default-jre-headless`],
  },
  jdk: {
    present: () => succeeds('command -v javac'),
    install: [`${sudo}apt-get update -q`, `${sudo}apt-get install -qy default-jdk-headless`],
  },
  maven: {
    present: () =>
      succeeds('command -v mvn') ||
      [kafkaHome, kafkaLegacyHome].every((home) => existsSync(join(home, 'done'))),
    install: [`${sudo}apt-get update -q`, `${sudo}apt-get install -qy maven`],
  },
  mvn: {
    present: () => succeeds('command -v mvn'),
    install: [`${sudo}apt-get update -q`, `${sudo}apt-get install -qy maven`],
  },
  kafka: {
    present: () => existsSync(join(kafkaHome, 'done')),
    install: [
      `mvn -q -B -f test/support/apache-kafka/pom.xml dependency:copy-dependencies -DoutputDirectory='${kafkaHome}'`,
      `touch '${kafkaHome}/done'`,
    ],
  },
  'kafka-clients 0.9': {
    present: () => existsSync(join(kafkaLegacyHome, 'done')),
    install: [
      `mvn -q -B -f test/compat/java-legacy/pom.xml dependency:copy-dependencies -DoutputDirectory='${kafkaLegacyHome}'`,
      `touch '${kafkaLegacyHome}/done'`,
    ],
  },
  python: {
    present: () => succeeds('python3 -m venv --help'),
    install: [`${sudo}apt-get update -q`, `${sudo}apt-get install -qy python3 python3-venv`],
  },
  'confluent-kafka': {
    present: () => succeeds(`'${toolEnvironment.SAMSA_TEST_PYTHON}' -c 'import confluent_kafka'`),
    install: [
      `python3 -m venv '${pythonHome}'`,
      `'${toolEnvironment.SAMSA_TEST_PYTHON}' -m pip install -q -r test/compat/confluent/requirements.txt`,
    ],
  },
  go: {
    // Older ones can't read go.mod; these fetch the release that it asks for.
    present: () => succeeds(`go version | grep -Eq 'go(1\\.(2[4-9]|[3-9][0-9])|[2-9])'`),
    install: [`${sudo}apt-get update -q`, `${sudo}apt-get install -qy golang-go`],
  },
  'node 22': {
    present: () => succeeds('npx --offline -y -p node@22 node --version'),
    install: ['npx -y -p node@22 node --version'],
  },
  'node 24': {
    present: () => succeeds('npx --offline -y -p node@24 node --version'),
    install: ['npx -y -p node@24 node --version'],
  },
  '@confluentinc/kafka-javascript': {
    present: () => succeeds(`'${process.execPath}' -e "require('${confluentNode}')"`),
    // Its binary is fetched from GitHub; where that can't be reached, it is built.
    install: [
      `mkdir -p '${confluentNodeHome}'`,
      `cp test/compat/confluent-node/package*.json '${confluentNodeHome}'`,
      `npm ci --prefix '${confluentNodeHome}' --ignore-scripts --no-audit --no-fund`,
      `cd '${confluentNode}' && npx node-pre-gyp install || (` +
        `${sudo}apt-get update -q && ` +
        `${sudo}apt-get install -qy build-essential python3 libcurl4-openssl-dev libsasl2-dev ` +
        'libssl-dev libzstd-dev zlib1g-dev && ' +
        `npm_config_nodedir='${join(process.execPath, '../..')}' CKJS_LINKING=dynamic ` +
        'npx node-pre-gyp install --build-from-source)',
    ],
  },
  '@platformatic/kafka': {
    present: () => existsSync(join(platformatic, 'node_modules/@platformatic/kafka')),
    install: [`npm ci --prefix ${platformatic} --no-audit --no-fund`],
  },
}

const apacheKafka = ['java', 'maven', 'kafka']
const under = (node) => ['npx', '-y', '-p', `node@${node}`, 'node']

/**
 * `files` names folders or files of test/; `quick` parts are what `npm test` runs, in one go.
 * `soak` parts are long and only run by their name or by `npm run test:soak`.
 */
export const parts = [
  { name: 'tidy', files: ['tidy'], quick: true },
  { name: 'unit', files: ['unit'], quick: true },
  { name: 'simulation', files: ['simulation'], quick: true },
  { name: 'recordings', files: ['oracle/recordings'], quick: true },
  { name: 'kafkajs', files: ['compat/kafkajs'], quick: true },
  { name: 'command', files: ['command'], quick: true },
  { name: 'docs', files: ['docs/snippets', 'docs/tables'] },
  { name: 'complaints', files: ['compat/complaints'] },
  { name: 'faults-kafkajs', files: ['compat/faults/kafkajs'] },
  { name: 'crash', files: ['crash'], timeoutSeconds: 600 },
  { name: 'docs-commands', files: ['docs/commands'], tools: ['curl'] },
  { name: 'kcat', files: ['compat/kcat'], tools: ['kcat'] },
  {
    name: 'confluent-kafka',
    files: ['compat/confluent'],
    tools: ['python', 'confluent-kafka'],
  },
  {
    name: 'confluent-node',
    files: ['compat/confluent-node'],
    tools: ['@confluentinc/kafka-javascript'],
  },
  { name: 'go', files: ['compat/go'], tools: ['go'], timeoutSeconds: 600 },
  {
    name: 'platformatic',
    files: ['compat/platformatic'],
    tools: ['node 22', '@platformatic/kafka'],
  },
  { name: 'java-tools', files: ['compat/java'], tools: apacheKafka, timeoutSeconds: 900 },
  {
    name: 'java-legacy',
    files: ['compat/java-legacy'],
    tools: ['jdk', 'maven', 'kafka-clients 0.9'],
    timeoutSeconds: 300,
  },
  {
    name: 'java-client',
    files: ['compat/java-client'],
    tools: ['jdk', 'maven', 'kafka'],
    timeoutSeconds: 600,
  },
  {
    name: 'faults-java',
    files: ['compat/faults/java'],
    tools: ['jdk', 'maven', 'kafka'],
    timeoutSeconds: 300,
  },
  {
    name: 'mixed-groups',
    files: ['compat/mixed'],
    tools: [
      ...['jdk', 'maven', 'kafka', 'go', 'kcat', 'python', 'confluent-kafka'],
      '@confluentinc/kafka-javascript',
    ],
    timeoutSeconds: 600,
  },
  { name: 'oracle', files: ['oracle/live'], tools: apacheKafka, timeoutSeconds: 900 },
  { name: 'swap', files: ['oracle/swap'], tools: apacheKafka, timeoutSeconds: 900 },
  {
    name: 'real-input',
    files: ['real-input/pairwise'],
    tools: ['kcat', ...apacheKafka],
    timeoutSeconds: 900,
  },
  {
    name: 'real-input-whole',
    files: ['real-input/whole'],
    tools: ['kcat', ...apacheKafka],
    soak: true,
    timeoutSeconds: 7200,
  },
  {
    name: 'example-kafkajs-node-test',
    files: ['examples/kafkajs-node-test'],
    timeoutSeconds: 600,
  },
  { name: 'example-kafkajs-jest', files: ['examples/kafkajs-jest'], timeoutSeconds: 600 },
  {
    name: 'example-platformatic-vitest',
    files: ['examples/platformatic-vitest'],
    tools: ['node 22'],
    timeoutSeconds: 600,
  },
  {
    name: 'example-confluent-kafka-pytest',
    files: ['examples/confluent-kafka-pytest'],
    tools: ['python'],
    timeoutSeconds: 600,
  },
  {
    name: 'example-java-junit',
    files: ['examples/java-junit'],
    tools: ['jdk', 'mvn'],
    timeoutSeconds: 600,
  },
  {
    name: 'node-24',
    files: ['tidy', 'unit', 'compat/kafkajs'],
    tools: ['node 24'],
    node: under(24),
  },
  { name: 'soak', files: ['soak'], soak: true, timeoutSeconds: 7200 },
]

/** Brings the tools of a part where `install` allows it. @returns the name of the first one missing */
export function missingTool(part, install) {
  for (const name of part.tools ?? []) {
    const tool = tools[name]
    if (tool.present()) continue
    if (!install) return name
    for (const command of tool.install) {
      console.log(`# ${name}: ${command}`)
      const { status } = spawnSync('bash', ['-c', command], {
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      if (status !== 0) return name
    }
    if (!tool.present()) return name
  }
  return undefined
}

// Tries what is published: packs it, installs the tarball in an empty folder, imports it both ways,
// type-checks a consumer, and starts the command.
import { spawn, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const TIMEOUT_MS = 120_000
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const folder = mkdtempSync(join(tmpdir(), 'samsa-package-'))
let passed = 0
let failed = 0

function run(command, args, cwd = folder) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: TIMEOUT_MS })
  if (result.status === 0) return result.stdout
  throw new Error(`${command} ${args.join(' ')}: ${result.error ?? result.stdout + result.stderr}`)
}

async function check(name, action) {
  try {
    await action()
    passed++
    console.log(`ok ${name}`)
  } catch (error) {
    failed++
    console.log(`not ok ${name}\n${error.stack}`)
  }
}

function expect(condition, what) {
  if (!condition) throw new Error(`expected ${what}`)
}

function write(name, text) {
  writeFileSync(join(folder, name), text)
}

/** Starts a broker, asks kafkajs what it has, and ends; printed: the topics. */
const CONVERSATION = `
  const broker = await startBroker()
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'packed', numPartitions: 2 }] })
  console.log((await admin.listTopics()).join())
  await admin.disconnect()
  await broker.close()
`

const CONSUMER = `
import { type RunningBroker, startBroker } from 'samsa'
const broker: RunningBroker = await startBroker({ config: { 'num.partitions': '3' } })
const servers: string = broker.bootstrapServers
// @ts-expect-error: a port is a number
await startBroker({ port: '9092' })
{
  await using another = await startBroker({ directory: servers })
  const id: number = another.nodeId
  id.toFixed()
}
await broker.close()
`

const COMMONJS_CONSUMER = `
import samsa = require('samsa')
samsa.startBroker({ port: 0 }).then((broker) => broker.close())
`

function tsconfig(files) {
  const options = {
    strict: true,
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2022', 'ESNext.Disposable'],
    types: ['node'],
    noEmit: true,
  }
  return JSON.stringify({ compilerOptions: options, files })
}

/** Starts the command with seeds, whose readers are bundled, and waits until it says that it is ready. */
async function tryCommand() {
  const command = join(folder, 'node_modules/.bin/samsa')
  const shell = process.platform === 'win32'
  write('seed.yaml', 'topics: { orders: { records: [{ value: a }] } }')
  write('payments.csv', 'key,value\na,paid\n')
  const seeds = ['--seed', 'seed.yaml', '--seed', 'payments.csv']
  const args = ['--memory', '--port', '0', ...seeds]
  const child = spawn(command, args, { cwd: folder, shell })
  const ended = new Promise((end) => child.on('close', (code) => end(code)))
  let stdout = ''
  try {
    const address = await new Promise((found, fail) => {
      const timer = setTimeout(() => fail(new Error(`not ready: ${stdout}`)), TIMEOUT_MS)
      child.on('close', () => fail(new Error('it ended')))
      child.stdout.on('data', (text) => {
        stdout += text
        const match = /ready at (\S+:\d+),/.exec(stdout)
        if (!match) return
        clearTimeout(timer)
        found(match[1])
      })
    })
    write(
      'ask.mjs',
      `import { Kafka, logLevel } from 'kafkajs'
       const kafka = new Kafka({ brokers: ['${address}'], logLevel: logLevel.NOTHING })
       const admin = kafka.admin()
       await admin.connect()
       const { brokers, clusterId } = await admin.describeCluster()
       console.log(brokers.length, clusterId, (await admin.listTopics()).sort().join())
       await admin.disconnect()`,
    )
    const told = run(process.execPath, ['ask.mjs'])
    expect(/^1 \S{22} orders,payments\n$/.test(told), `a broker with its seed, not ${told}`)
  } finally {
    child.kill('SIGTERM')
    const code = await ended
    expect(code === 143, `exit code 143, not ${code}`)
  }
}

try {
  let tarball
  await check('npm pack', () => {
    const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root))
    tarball = packed.filename
    const files = packed.files.map(({ path }) => path)
    for (const file of [
      'dist/cli.js',
      'dist/index.js',
      'dist/index.cjs',
      'dist/types/index.d.ts',
    ]) {
      expect(files.includes(file), `${file} in the package`)
    }
    const stray = files.filter((file) => /^(src|test|bench|scripts|build)\//.test(file))
    expect(stray.length === 0, `no ${stray[0]} in the package`)
  })
  await check('npm install', () => {
    write('package.json', JSON.stringify({ private: true, type: 'module' }))
    run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', join(folder, tarball)])
    // The clients and tools of the check itself are not the package's.
    for (const name of ['kafkajs', 'typescript', '@types/node', 'undici-types']) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction')
    }
  })
  await check('import, as ESM', () => {
    const imports = `import { startBroker } from 'samsa'\nimport { Kafka, logLevel } from 'kafkajs'\n`
    write('esm.mjs', imports + CONVERSATION)
    expect(run(process.execPath, ['esm.mjs']) === 'packed\n', 'the topic')
  })
  await check('require, as CommonJS', () => {
    const requires = `const { startBroker } = require('samsa')
      const { Kafka, logLevel } = require('kafkajs')\n`
    write('cjs.cjs', `${requires};(async () => {${CONVERSATION}})()`)
    expect(run(process.execPath, ['cjs.cjs']) === 'packed\n', 'the topic')
  })
  await check('types', () => {
    write('consumer.mts', CONSUMER)
    write('consumer.cts', COMMONJS_CONSUMER)
    write('tsconfig.json', tsconfig(['consumer.mts', 'consumer.cts']))
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'])
  })
  await check('types for older compilers and libraries', () => {
    const types = join(folder, 'node_modules/samsa/dist/types')
    for (const path of readdirSync(types, { recursive: true })) {
      if (!path.endsWith('.d.ts')) continue
      // Generic since TypeScript 5.7, and of the library since ES2022.
      const late = /\b(Buffer|Uint8Array)<|\bErrorOptions\b/.exec(
        readFileSync(join(types, path), 'utf8'),
      )
      expect(late === null, `no ${late?.[0]} in ${path}`)
    }
  })
  await check('samsa --version', () => {
    const version = run(join(folder, 'node_modules/.bin/samsa'), ['--version']).trim()
    expect(/^\d+\.\d+\.\d+/.test(version), `a version, not ${version}`)
  })
  await check('samsa', tryCommand)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

// npx tsx scripts/apache-kafka.ts start DIRECTORY [PORT] [key=value ...]   until Ctrl-C
// npx tsx scripts/apache-kafka.ts TOOL ARGS...                             topics, dump-log, ...
// Apache Kafka 4.3.1 and its tools, for those who want to see what it does. Needs Java and Maven.
import {
  installApacheKafka,
  missingForApacheKafka,
  spawnTool,
  startApacheKafka,
  type Tool,
  tools,
} from '../test/support/apache-kafka/apache-kafka.js'

async function start([directory, ...rest]: string[]): Promise<void> {
  if (directory === undefined) return usage()
  const port = rest.find((argument) => /^\d+$/.test(argument))
  const properties = Object.fromEntries(
    rest.filter((argument) => argument.includes('=')).map((pair) => pair.split(/=(.*)/, 2)),
  ) as Record<string, string>
  const kafka = await startApacheKafka({
    directory,
    properties,
    ...(port === undefined ? {} : { port: Number(port) }),
  })
  console.log(`Apache Kafka on ${kafka.bootstrapServers}, data in ${kafka.dataDirectory}`)
  const stop = () => void kafka.stop()
  process.once('SIGINT', stop).once('SIGTERM', stop)
}

function run(tool: Tool, args: string[]): void {
  const child = spawnTool(tool, args)
  process.stdin.pipe(child.stdin)
  child.stdin.on('error', () => {})
  child.stdout.pipe(process.stdout)
  child.stderr.pipe(process.stderr)
  child.once('exit', (code) => process.exit(code ?? 1))
}

function usage(): void {
  console.error(
    `start DIRECTORY [PORT] [key=value ...], or one of: ${Object.keys(tools).join(' ')}`,
  )
  process.exitCode = 2
}

const [command = '', ...args] = process.argv.slice(2)
const missing = missingForApacheKafka()
if (missing !== undefined) {
  console.error(`Apache Kafka needs ${missing}, which is not installed.`)
  process.exitCode = 1
} else {
  installApacheKafka()
  if (command === 'start') await start(args)
  else if (command in tools) run(command as Tool, args)
  else usage()
}

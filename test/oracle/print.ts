// Prints what a broker answers to the scripts, a JSON line an exchange:
//   npx tsx test/oracle/print.ts HOST:PORT [SCRIPT ...]
import { hold } from './hold.js'
import { scriptsNamed } from './scripts/index.js'

const [bootstrap = '127.0.0.1:9092', ...names] = process.argv.slice(2)
for (const script of scriptsNamed(names)) {
  await hold(script, bootstrap, (exchange) => {
    process.stdout.write(`${JSON.stringify({ script: script.name, ...exchange })}\n`)
  })
}

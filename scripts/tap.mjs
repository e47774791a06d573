// Runs compiled test files under tap and counts what passed, files that could not run among it.
import { spawn } from 'node:child_process'
import { Parser } from 'tap-parser'

/** Counts the assertions of a file or block, and of the blocks in it, into `tally`. */
function count(parser, path, tally) {
  let block
  parser.on('child', (child) => {
    block = { failedBefore: tally.failed }
    count(child, [...path, child.name], tally)
  })
  parser.on('assert', (result) => {
    // The line that closes a block repeats what was in it, unless it says that it could not run.
    const repeats = block && (result.ok || tally.failed > block.failedBefore)
    block = undefined
    if (repeats) return
    if (result.ok || result.todo || result.skip) tally.passed++
    else {
      tally.failed++
      tally.failures.push({ title: [...path, result.name].join(' > '), details: result.diag })
    }
  })
}

function print({ title, details }) {
  console.log(`not ok ${title}`)
  if (!details) return
  const { stack, source, at, diff, ...rest } = details
  if (diff) console.log(diff)
  if (source) console.log(source)
  for (const [key, value] of Object.entries(rest)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    console.log(`  ${key}: ${text?.slice(0, 4000)}`)
  }
  if (stack) console.log(stack)
}

/** @returns `{ passed, failed, slowest }`; failures are printed as files end */
export function runTap(files, { env = {}, timeoutSeconds = 120, jobs = 2, node = [] } = {}) {
  return new Promise((resolve) => {
    const tally = { passed: 0, failed: 0, failures: [] }
    const times = []
    const [command = process.execPath, ...prefix] = node
    const child = spawn(
      command,
      [
        ...prefix,
        'node_modules/tap/dist/esm/run.mjs',
        'run',
        '--reporter=tap',
        `--jobs=${jobs}`,
        `--timeout=${timeoutSeconds}`,
        ...files,
      ],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const parser = new Parser()
    count(parser, [], tally)
    parser.on('assert', ({ name, time = 0 }) => {
      times.push({ file: name, seconds: time / 1000 })
      for (const failure of tally.failures.splice(0)) print(failure)
    })
    parser.on('bailout', (reason) => tally.failures.push({ title: `bail out: ${reason}` }))
    child.stdout.pipe(parser)
    child.on('close', (status) => {
      if (status !== 0 && tally.failed === 0) {
        tally.failed++
        tally.failures.push({ title: `tap ended with ${status}` })
      }
      for (const failure of tally.failures) print(failure)
      const slowest = times.sort((a, b) => b.seconds - a.seconds).slice(0, 5)
      resolve({ passed: tally.passed, failed: tally.failed, slowest })
    })
  })
}

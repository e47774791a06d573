// node scripts/test.mjs [--all | --soak] [part | path ...]
// Without names: the quick parts together; with --all every part by itself. A name is that of a
// part, or a piece of a test file's path. Prints `N passed, N failed` last.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compile } from './compile.mjs'
import { missingTool, parts, toolEnvironment } from './parts.mjs'
import { runTap } from './tap.mjs'

const BUILT_MARK = 'node_modules/.tap-plugins'

/** tap generates its test class from the plugins of .taprc, once. */
function buildTap() {
  const wanted = readFileSync('.taprc', 'utf8')
  if (existsSync(BUILT_MARK) && readFileSync(BUILT_MARK, 'utf8') === wanted) return
  spawnSync(process.execPath, ['node_modules/tap/dist/esm/run.mjs', 'build'], { stdio: 'ignore' })
  writeFileSync(BUILT_MARK, wanted)
}

const { values: flags, positionals: names } = parseArgs({
  options: { all: { type: 'boolean' }, soak: { type: 'boolean' } },
  allowPositionals: true,
})
const ci = process.env.CI === 'true'
const files = await compile()
buildTap()

const filesOf = (part) =>
  files.filter((file) =>
    part.files.some((path) => {
      const at = `build/test/${path}`
      return file.startsWith(`${at}/`) || file.startsWith(`${at}.`)
    }),
  )

/** What to run: parts, the quick ones as one. */
function chosen() {
  if (flags.soak) return parts.filter((part) => part.soak)
  if (names.length > 0) {
    return names.map(
      (name) =>
        parts.find((part) => part.name === name) ?? {
          name,
          chosenFiles: files.filter((file) => file.includes(name)),
        },
    )
  }
  const quick = parts.filter((part) => part.quick)
  if (!flags.all) return [{ name: 'quick', chosenFiles: quick.flatMap(filesOf) }]
  return parts.filter((part) => !part.soak && !part.quick)
}

let passed = 0
let failed = 0
for (const part of chosen()) {
  const startedMs = Date.now()
  const partFiles = part.chosenFiles ?? filesOf(part)
  const missing = missingTool(part, ci)
  if (missing !== undefined) {
    console.log(`# ${part.name}: ${ci ? 'failed' : 'skipped'}, ${missing} is missing`)
    if (ci) failed++
    continue
  }
  if (partFiles.length === 0) {
    console.log(`# ${part.name}: failed, there are no such tests`)
    failed++
    continue
  }
  const result = await runTap(partFiles, {
    env: toolEnvironment,
    timeoutSeconds: part.timeoutSeconds,
    jobs: part.timeoutSeconds ? 1 : 2,
    node: part.node,
  })
  passed += result.passed
  failed += result.failed
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1)
  console.log(
    `# ${part.name}: ${result.passed} passed, ${result.failed} failed, ` +
      `${partFiles.length} files, ${seconds} s`,
  )
  for (const { file, seconds } of result.slowest) {
    if (seconds >= 10) console.log(`#   ${file}: ${seconds.toFixed(1)} s`)
  }
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

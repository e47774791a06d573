import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import t from 'tap'
import { run } from '../support/run.js'
import { moduleOf, type Snippet, snippetsOf } from './snippets.js'

/** Snippets of these languages are programs, others are files for them, commands and output. */
const PROGRAMS = new Set(['ts', 'js'])
/** Snippets that import these are run by themselves, as a test file is. */
const RUNNERS = /from '(?:node:test|tap|vitest)'|^\w*(?:beforeAll|afterAll)\(/m
const GIVEN = resolve('test/docs/given')
const VERSION = JSON.parse(readFileSync('package.json', 'utf8')).version

const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => /^testing.*\.md$/.test(name))
    .map((name) => `docs/${name}`),
]
const snippets = pages.flatMap((page) => snippetsOf(page, readFileSync(page, 'utf8')))
const programs = snippets.filter(({ language }) => PROGRAMS.has(language))
const runnable = programs.filter(({ info }) => !info.startsWith('no-run'))

const directory = mkdtempSync(resolve('build/snippets-'))
t.teardown(() => rmSync(directory, { recursive: true, force: true }))

const nameOf = ({ at }: Snippet): string => at.replace(/\W+/g, '-')
const isTestFile = ({ code }: Snippet): boolean => RUNNERS.test(code)

/** `samsa` and the clients are what is under test, and whatever they open is closed again. */
const given: Plugin = {
  name: 'given',
  setup({ onResolve }) {
    onResolve({ filter: /^(samsa|kafkajs)$/ }, ({ path, importer }) => {
      const standIn = join(GIVEN, `${path}.ts`)
      return importer === standIn ? { path, external: true } : { path: standIn }
    })
    onResolve({ filter: /^vitest$/ }, () => ({ path: join(GIVEN, 'runner.ts') }))
  },
}

async function compile(chosen: readonly Snippet[], format: 'esm' | 'cjs'): Promise<void> {
  const entryPoints: Record<string, string> = {}
  for (const snippet of chosen) {
    const path = join(directory, `${nameOf(snippet)}.${snippet.language}`)
    writeFileSync(path, isTestFile(snippet) ? testFileOf(snippet) : moduleOf(snippet))
    entryPoints[nameOf(snippet)] = path
  }
  if (format === 'esm') entryPoints.endings = join(GIVEN, 'endings.ts')
  await build({
    entryPoints,
    outdir: directory,
    outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
    bundle: true,
    splitting: format === 'esm',
    packages: 'external',
    plugins: [given],
    platform: 'node',
    target: 'node20',
    format,
    define: { SAMSA_VERSION: JSON.stringify(VERSION) },
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'silent' },
  })
}

/** jest's functions are there without being imported. */
function testFileOf({ code }: Snippet): string {
  if (!code.includes('require(')) return code
  const runner = JSON.stringify(join(GIVEN, 'runner.ts'))
  return `const { afterAll, beforeAll, beforeEach, expect, test } = require(${runner})\n${code}`
}

const isCommonJs = ({ code }: Snippet): boolean => code.includes('require(')

await compile(
  runnable.filter((snippet) => !isCommonJs(snippet)),
  'esm',
)
await compile(runnable.filter(isCommonJs), 'cjs')

const { endAll } = (await import(pathToFileURL(join(directory, 'endings.mjs')).href)) as {
  endAll(kind: string): Promise<void>
}

t.test('what is not run says why', async (t) => {
  for (const { at, info } of programs) {
    if (info.startsWith('no-run')) t.match(info, /^no-run: \S/, at)
  }
  t.ok(runnable.length > 20, `${runnable.length} are run`)
})

t.test('their types are right, for users who are strict about them', async (t) => {
  const paths = {
    samsa: [resolve('src/index.ts')],
    vitest: [join(GIVEN, 'runner.ts')],
  }
  const options = { paths, noUnusedLocals: false, noUncheckedIndexedAccess: false }
  const config = {
    extends: resolve('tsconfig.json'),
    compilerOptions: { ...options, typeRoots: [resolve('node_modules/@types')] },
    include: ['*.ts'],
  }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
  const tsc = resolve('node_modules/typescript/lib/tsc.js')
  const { code, stdout, stderr } = await run(process.execPath, [tsc, '-p', directory])
  t.equal(code, 0, `${stdout}${stderr}`)
})

for (const page of pages) {
  t.test(page, async (t) => {
    // Files that its snippets read.
    const files = join(directory, nameOf({ at: page } as Snippet))
    mkdirSync(files, { recursive: true })
    for (const { at, language, info, code } of snippets) {
      const isFile = !PROGRAMS.has(language) && /^[\w-]+\.\w+$/.test(info)
      if (isFile && at.startsWith(`${page}:`)) writeFileSync(join(files, info), `${code}\n`)
    }
    const home = process.cwd()
    process.chdir(files)
    t.teardown(() => process.chdir(home))
    for (const snippet of runnable.filter(({ at }) => at.startsWith(`${page}:`))) {
      await t.test(snippet.at, async (t) => {
        const extension = isCommonJs(snippet) ? 'cjs' : 'mjs'
        const path = join(directory, `${nameOf(snippet)}.${extension}`)
        if (isTestFile(snippet)) {
          const { code, stdout, stderr } = await run(process.execPath, [path])
          t.equal(code, 0, `${stdout}${stderr}`)
          return
        }
        const module = await import(pathToFileURL(path).href)
        try {
          await t.resolves(module.run())
        } finally {
          await endAll('clients')
          await endAll('brokers')
        }
      })
    }
  })
}

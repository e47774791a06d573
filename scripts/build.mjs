// Builds what the package ships: two bundles of the library, one of the command, and types.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..')
const dist = join(root, 'dist')
const { dependencies = {}, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Bundled CommonJS packages ask for Node's modules through `require`, which ESM doesn't have. */
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // What is in `dependencies` has native parts or is loaded on first use only; the rest is bundled.
  external: Object.keys(dependencies),
  define: { SAMSA_VERSION: JSON.stringify(version) },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
}

/** Licences of the packages that ended up inside of the bundles. */
function writeNotices(metafiles) {
  const packages = new Set()
  for (const input of metafiles.flatMap((metafile) => Object.keys(metafile.inputs))) {
    const match = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)
    if (match) packages.add(match[1])
  }
  const notices = [...packages].sort().map((name) => {
    const directory = join(root, 'node_modules', name)
    const { version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license']
      .map((candidate) => join(directory, candidate))
      .find(existsSync)
    const text = file ? readFileSync(file, 'utf8').trim() : `Licence: ${license}`
    return `${name} ${version}\n\n${text}\n`
  })
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), notices.join(`\n${'-'.repeat(72)}\n\n`))
}

/** Keeps of all declarations those that the public ones lead to, once for each module system. */
function buildTypes() {
  const emitted = join(dist, '.types')
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.types.json',
      '--outDir',
      emitted,
    ],
    { cwd: root, stdio: 'inherit' },
  )
  if (status !== 0) process.exit(status ?? 1)
  const reached = new Set()
  const visit = (file) => {
    if (reached.has(file)) return
    reached.add(file)
    const text = readFileSync(join(emitted, file), 'utf8')
    for (const [, specifier] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)\.js['"]/g)) {
      visit(join(dirname(file), `${specifier}.d.ts`))
    }
  }
  visit('index.d.ts')
  for (const [folder, type] of [
    ['types', 'module'],
    ['types-cjs', 'commonjs'],
  ]) {
    for (const file of reached) cpSync(join(emitted, file), join(dist, folder, file))
    writeFileSync(join(dist, folder, 'package.json'), `${JSON.stringify({ type })}\n`)
  }
  rmSync(emitted, { recursive: true })
}

rmSync(dist, { recursive: true, force: true })
const results = await Promise.all([
  build({
    ...common,
    entryPoints: ['src/index.ts'],
    format: 'esm',
    outfile: 'dist/index.js',
    banner: { js: requireBanner },
  }),
  build({
    ...common,
    entryPoints: ['src/index.ts'],
    format: 'cjs',
    outfile: 'dist/index.cjs',
    // Where there is a __filename, it isn't looked at.
    logOverride: { 'empty-import-meta': 'silent' },
  }),
  build({
    ...common,
    entryPoints: [{ in: 'src/cli/main.ts', out: 'cli' }],
    format: 'esm',
    // What a command doesn't need isn't loaded for it.
    splitting: true,
    outdir: 'dist',
    chunkNames: 'cli/[name]-[hash]',
    banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
  }),
])
writeNotices(results.map((result) => result.metafile))
buildTypes()

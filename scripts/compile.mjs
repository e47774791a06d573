// Compiles sources and tests, file by file, to build/, and puts the tests' data beside them.
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Files in a folder, without the packages that a client under test brings. */
const filesOf = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesOf(path)
    return entry.isFile() ? [path] : []
  })

/** @returns the compiled test files, relative to the project */
export async function compile() {
  const files = [...filesOf('src'), ...filesOf('test')]
  const sources = files.filter((file) => file.endsWith('.ts'))
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  rmSync('build', { recursive: true, force: true })
  const common = {
    platform: 'node',
    target: 'node20',
    format: 'esm',
    define: { SAMSA_VERSION: JSON.stringify(version) },
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  }
  await Promise.all([
    build({ ...common, entryPoints: sources, outdir: 'build', outbase: '.' }),
    // The command that tests start many times, in few files as it is shipped.
    build({
      ...common,
      entryPoints: [{ in: 'src/cli/main.ts', out: 'samsa' }],
      splitting: true,
      outdir: 'build',
      chunkNames: 'samsa/[name]-[hash]',
      bundle: true,
      packages: 'external',
    }),
  ])
  for (const file of files) if (!file.endsWith('.ts')) cpSync(file, join('build', file))
  return sources
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('build', file.replace(/\.ts$/, '.js')))
    .sort()
}

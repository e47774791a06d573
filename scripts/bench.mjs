// Bundles the benchmark and its load generator to build/bench/, then runs it with the given options.
import { spawnSync } from 'node:child_process'
import { build } from 'esbuild'

await build({
  entryPoints: { run: 'bench/run.ts', load: 'bench/load/main.ts' },
  outdir: 'build/bench',
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'warning',
})
const { status } = spawnSync(process.execPath, ['build/bench/run.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

// The sources, also when this file runs compiled from build/test.
const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, here.includes(`${join('build', 'test')}`) ? '../..' : '..')

/** A folder of src may import itself and those that stand before it. */
const FOLDERS = [
  'protocol',
  'env',
  'storage',
  'raft',
  'metadata',
  'controller',
  'coordinator',
  'security',
  'broker',
  'server',
  'console',
  'testing',
  'cli',
]
/** Folders that don't see everything before them. */
const ONLY: Record<string, readonly string[]> = { protocol: [], env: [] }

const MAX_FILE_LINES = 400
const MAX_FUNCTION_LINES = 70

/** Files that may be longer than the limit, and why. */
const LONG_FILES: Record<string, string> = {}
/** Functions that may be longer than the limit (`file name`), and why. */
const LONG_FUNCTIONS: Record<string, string> = {}
/** Files outside of src/env that may touch the world, and why. */
const WORLDLY: Record<string, string> = {
  'src/protocol/records/zstd-wasm.ts': "loads a package's code, which is WebAssembly",
  'src/cli/terminal.ts': 'what the command prints goes out here',
}

const filesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesOf(path)
    return path.endsWith('.ts') ? [path] : []
  })

const text = (file: string) => readFileSync(join(root, file), 'utf8')
const sources = filesOf('src')
const code = new Map(sources.map((file) => [file, text(file)]))

/** Comments and the contents of strings gone, so that what is left is code. Lines stay lines. */
function bare(source: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g
  return source.replace(token, (match) => {
    const lines = match.replace(/[^\n]/g, '')
    return match.startsWith('/') ? ` ${lines}` : `''${lines}`
  })
}

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

function importsOf(file: string): Import[] {
  const found = code
    .get(file)!
    .matchAll(/^(import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'(\.[^']+)'/gm)
  return [...found].map(([, , typeOnly, specifier]) => ({
    from: file,
    to: normalize(join(dirname(file), specifier!.replace(/\.js$/, '.ts'))),
    typeOnly: typeOnly !== undefined,
  }))
}

const imports = sources.flatMap(importsOf)
const folderOf = (file: string) => relative('src', file).split(/[\\/]/)[0]!

t.test('a folder imports only those that stand before it', async (t) => {
  const wrong = imports.filter(({ from, to }) => {
    const [source, target] = [folderOf(from), folderOf(to)]
    if (source === target || source === 'index.ts') return false
    if (!FOLDERS.includes(source) || !to.startsWith('src')) return true
    if (ONLY[source]) return !ONLY[source].includes(target)
    return FOLDERS.indexOf(target) > FOLDERS.indexOf(source)
  })
  t.strictSame(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  )
})

t.test('no module leads back to itself', async (t) => {
  const targets = new Map<string, string[]>()
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly) targets.set(from, [...(targets.get(from) ?? []), to])
  }
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    if (done.has(file)) return
    for (const target of targets.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of sources) visit(file, [])
  t.strictSame(cycles, [])
})

t.test('only src/env touches the world', async (t) => {
  const world: [string, RegExp][] = [
    ['time', /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/],
    ['timers', /(?<![.\w])(setTimeout|setInterval|setImmediate)\(/],
    ['randomness', /\bMath\.random\b|\brandomBytes\(|\brandomUUID\(|\brandomInt\(/],
    ['printing', /(?<![.\w])console\.\w+\(|\bprocess\.std(out|err)\b/],
  ]
  const modules =
    /from '(?:node:)?(fs|fs\/promises|net|tls|http|https|dgram|dns|child_process|worker_threads|timers|timers\/promises)'/
  const wrong = sources.flatMap((file) => {
    if (file.startsWith(join('src', 'env')) || WORLDLY[file]) return []
    const source = bare(code.get(file)!)
    const uses = world.filter(([, pattern]) => pattern.test(source)).map(([what]) => what)
    const module = modules.exec(code.get(file)!)
    if (module) uses.push(`node:${module[1]}`)
    return uses.map((use) => `${file}: ${use}`)
  })
  t.strictSame(wrong, [])
})

/**
 * Named functions, assigned ones and methods with how many lines each has. The code is formatted, so
 * a body ends at the first line that is as little indented as its head.
 */
function functionsOf(source: string): { name: string; lines: number }[] {
  const lines = bare(source).split('\n')
  const head =
    /^(\s*)(?:export )?(?:(?:static|private|protected|public|override|async|get|set) )*(?:function\*? ?(\w+)|const (\w+)\b.*(?:=> \{|= (?:async )?\()$|\*?(#?\w+)(?:<[^(]*>)?\().*[{(]$/
  return lines.flatMap((line, at) => {
    const match = head.exec(line)
    const name = match?.[2] ?? match?.[3] ?? match?.[4]
    if (!name || ['if', 'for', 'while', 'switch', 'catch'].includes(name)) return []
    const sameIndent = new RegExp(`^${match![1]}\\S`)
    const isParametersEnd = (text: string) => /^\s*\).*\{$/.test(text)
    const end = lines.findIndex(
      (text, index) => index > at && sameIndent.test(text) && !isParametersEnd(text),
    )
    const opened = line.endsWith('{') || lines.slice(at, end).some(isParametersEnd)
    return opened && /^\s*\}/.test(lines[end] ?? '') ? [{ name, lines: end - at + 1 }] : []
  })
}

t.test('files and functions are short', async (t) => {
  const files = [...sources, ...filesOf('test'), ...filesOf('bench')]
  const long = files.flatMap((file) => {
    const source = text(file)
    const count = source.split('\n').length - 1
    const result: string[] = []
    if (count > MAX_FILE_LINES && !LONG_FILES[file]) result.push(`${file}: ${count} lines`)
    if (!file.startsWith('src')) return result
    for (const { name, lines } of functionsOf(source)) {
      if (lines > MAX_FUNCTION_LINES && !LONG_FUNCTIONS[`${file} ${name}`]) {
        result.push(`${file} ${name}: ${lines} lines`)
      }
    }
    return result
  })
  t.strictSame(long, [])
})

t.test('no reason in the lists above has outlived what it excuses', async (t) => {
  const stale = [
    ...Object.keys(LONG_FILES).filter((file) => text(file).split('\n').length <= MAX_FILE_LINES),
    ...Object.keys(LONG_FUNCTIONS).filter((key) => {
      const [file, name] = key.split(' ')
      return !functionsOf(text(file!)).some(
        (found) => found.name === name && found.lines > MAX_FUNCTION_LINES,
      )
    }),
    ...Object.keys(WORLDLY).filter((file) => !code.has(file)),
  ]
  t.strictSame(stale, [])
})

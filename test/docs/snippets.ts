/** A piece of code out of a page. */
export interface Snippet {
  /** For messages: the page, and the line where it begins. */
  readonly at: string
  /** `ts`, `js`, `sh` and so on. */
  readonly language: string
  /** What stands after the language: a file's name, or `no-run: REASON`. */
  readonly info: string
  readonly code: string
  /** Code that readers don't see, to be run before and after it, in the same scope. */
  readonly before: string
  readonly after: string
}

const FENCE = /^```(\w+)(?: +(.*))?$/
const HIDDEN_BEGIN = /^<!-- (before|after):$/
const HIDDEN_END = '-->'

/**
 * All snippets of a page. Comments that begin with `<!-- before:` or `<!-- after:` belong to the
 * snippet above them.
 *
 * @throws Error for a page that isn't well-formed
 */
export function snippetsOf(page: string, text: string): readonly Snippet[] {
  const lines = text.split('\n')
  const snippets: Snippet[] = []
  for (let i = 0; i < lines.length; i++) {
    const begin = i
    const upTo = (end: string): string => {
      const body: string[] = []
      while (lines[++i] !== end) {
        if (i >= lines.length) throw new Error(`${page}:${begin + 1} has no end`)
        body.push(lines[i]!)
      }
      return body.join('\n')
    }
    const fence = FENCE.exec(lines[i]!)
    const hidden = HIDDEN_BEGIN.exec(lines[i]!)
    if (fence !== null) {
      const [, language, info = ''] = fence
      const at = `${page}:${begin + 1}`
      snippets.push({ at, language: language!, info, code: upTo('```'), before: '', after: '' })
    } else if (hidden !== null) {
      const snippet = snippets.pop()
      if (snippet === undefined) throw new Error(`${page}:${begin + 1} belongs to no snippet`)
      snippets.push({ ...snippet, [hidden[1]!]: upTo(HIDDEN_END) })
    } else if (lines[i] === '```') upTo('```')
  }
  return snippets
}

const IMPORT = /^import .*$/gm

/** What snippets take for granted, in this order, unless they declare it themselves. */
const GIVEN: readonly (readonly [name: string, code: string])[] = [
  ['broker', 'const broker = await startBroker()'],
  ['kafka', 'const kafka = new Kafka(broker.clients.kafkajs())'],
  ['producer', 'const producer = kafka.producer(); await producer.connect()'],
  ['admin', 'const admin = kafka.admin(); await admin.connect()'],
]

/** A module that exports a snippet as a function, `run`. */
export function moduleOf({ code, before, after }: Snippet): string {
  const given = [code, before, after].join('\n')
  const imports = [...given.matchAll(IMPORT)].map(([line]) => line)
  const known = (name: string) => imports.some((line) => new RegExp(`\\b${name}\\b`).test(line))
  if (!known('assert')) imports.push("import assert from 'node:assert/strict'")
  if (!known('startBroker')) imports.push("import { startBroker } from 'samsa'")
  if (!known('Kafka')) imports.push("import { Kafka } from 'kafkajs'")
  const preludes: string[] = []
  const uses = (text: string, name: string) => new RegExp(`(?<![.\\w'-])${name}\\b`).test(text)
  const declares = (name: string) =>
    new RegExp(`\\b(?:const|let|using) (?:\\{[^}]*\\b)?${name}\\b`).test(given)
  // Those at the end may use those before.
  let text = given
  for (const [name, prelude] of [...GIVEN].reverse()) {
    if (declares(name) || !uses(text, name)) continue
    preludes.unshift(prelude)
    text += `\n${prelude}`
  }
  // A broker that is started before the snippet is what clients that are given are for.
  const [beforeAll, between] = before.includes('startBroker') ? [before, ''] : ['', before]
  const body = [beforeAll, ...preludes, between, code, after].join('\n').replace(IMPORT, '')
  return `${imports.join('\n')}\nexport async function run() {\n${body}\n}\n`
}

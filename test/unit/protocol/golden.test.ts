import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { Fields, WireType } from '../../../src/protocol/codec/field.js'
import { type AnyMessage, decode, encodeToBuffer } from '../../../src/protocol/codec/index.js'
import { allMessages, everyVersion } from './all-messages.js'

/**
 * What Apache Kafka's serialisers made of a message; test/golden/GoldenMessages.java wrote it, and
 * GoldenLegacy.java what 4.x doesn't have any more.
 */
interface Golden {
  readonly name: string
  readonly version: number
  /** Field values; 64-bit numbers as text, bytes as base64. */
  readonly value: Record<string, unknown>
  readonly bytes: string
}

const cases = ['messages', 'legacy-messages'].flatMap((file) =>
  readFileSync(join(process.cwd(), `test/golden/${file}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Golden),
)
const messages = new Map(allMessages.map((message) => [message.name, message]))

/** A decoded value in the form of the golden file, as far as that one has fields. */
function plain(type: WireType, value: unknown, golden: unknown): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'uint32':
    case 'int64':
    case 'bigint':
      return String(value)
    case 'bytes':
    case 'records':
      return (value as Buffer).toString('base64')
    case 'array':
      return (value as unknown[]).map((item, i) => plain(type.element, item, at(golden, i)))
    case 'struct':
      return plainStruct(type.fields, value as Record<string, unknown>, golden)
    default:
      return value
  }
}

function plainStruct(
  fields: Fields,
  { unknownTags, ...struct }: Record<string, unknown>,
  golden: unknown,
): unknown {
  const out: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const expected = at(golden, name)
    if (expected !== undefined) out[name] = plain(field.type, struct[name], expected)
  }
  if (unknownTags !== undefined) out.unknownTags = plainTags(unknownTags)
  return out
}

function at(golden: unknown, key: string | number): unknown {
  return golden === null || golden === undefined
    ? undefined
    : (golden as Record<string | number, unknown>)[key]
}

function plainTags(tags: unknown): unknown {
  return (tags as { tag: number; data: Buffer }[]).map(({ tag, data }) => ({
    tag,
    data: data.toString('base64'),
  }))
}

function messageOf(golden: Golden): AnyMessage {
  const message = messages.get(golden.name)
  if (message === undefined) throw new Error(`no schema for ${golden.name}`)
  return message
}

t.test('every message in every version is in the golden file', async (t) => {
  const golden = new Set(cases.map(({ name, version }) => `${name} v${version}`))
  const ours = new Set([...everyVersion()].map((each) => `${each.message.name} v${each.version}`))
  t.strictSame(
    [...ours].filter((each) => !golden.has(each)),
    [],
  )
  t.strictSame(
    [...golden].filter((each) => !ours.has(each)),
    [],
  )
})

t.test("Apache Kafka's bytes decode to its values", async (t) => {
  const wrong = cases.flatMap((golden) => {
    const message = messageOf(golden)
    const bytes = Buffer.from(golden.bytes, 'base64')
    const { value, end } = decode(message, golden.version, bytes)
    const found = plain({ kind: 'struct', fields: message.fields }, value, golden.value)
    const right = end === bytes.length && isDeepStrictEqual(found, golden.value)
    return right ? [] : [{ ...golden, found, end }]
  })
  t.strictSame(wrong, [])
})

t.test('its values encode to its bytes', async (t) => {
  const wrong = cases.filter((golden) => {
    const message = messageOf(golden)
    const bytes = Buffer.from(golden.bytes, 'base64')
    const { value } = decode(message, golden.version, bytes)
    return !encodeToBuffer(message, golden.version, value).equals(bytes)
  })
  t.strictSame(
    wrong.map(({ name, version }) => `${name} v${version}`),
    [],
  )
})

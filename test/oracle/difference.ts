import { isDeepStrictEqual } from 'node:util'
import type { Exchange } from './conversation.js'

/** Where two brokers' answers to one request differ. */
export interface Difference {
  readonly label: string
  /** The entry of docs/deviations.md that the script expects the difference by. */
  readonly deviation?: string
  /** A line for each field that differs: its path and both values. None if the answers agree. */
  readonly fields: readonly string[]
}

const MAX_VALUE_LENGTH = 160
const ABSENT = Symbol('absent')

/**
 * Compares what two brokers answered, exchange by exchange, and gives those that differ and those
 * that a deviation is expected of. Once an answer makes a script take another turn the questions
 * are no longer the same: that is told, and the rest left out.
 */
export function differencesOf(ours: readonly Exchange[], theirs: readonly Exchange[]) {
  const differences: Difference[] = []
  const length = Math.max(ours.length, theirs.length)
  for (let at = 0; at < length; at++) {
    const [a, b] = [ours[at], theirs[at]]
    if (a === undefined || b === undefined || a.label !== b.label) {
      const turned = `asked "${a?.label ?? 'nothing'}" ≠ "${b?.label ?? 'nothing'}"`
      differences.push({ label: `exchange ${at + 1}`, fields: [turned] })
      break
    }
    const fields = [...fieldsThatDiffer(asRecorded(a.answer), asRecorded(b.answer), '')]
    if (fields.length === 0 && a.deviation === undefined) continue
    differences.push({ label: a.label, fields, ...(a.deviation && { deviation: a.deviation }) })
  }
  return differences
}

/** Recordings are JSON: an absent field and an undefined one are the same there. */
function asRecorded(answer: unknown): unknown {
  return answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))
}

function* fieldsThatDiffer(a: unknown, b: unknown, path: string): Generator<string> {
  if (isDeepStrictEqual(a, b)) return
  if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b)) {
    yield `${path || 'answer'}: ${shown(a)} ≠ ${shown(b)}`
    return
  }
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const next = Array.isArray(a) ? `${path}[${name}]` : path ? `${path}.${name}` : name
    yield* fieldsThatDiffer(valueAt(a, name), valueAt(b, name), next)
  }
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null

function valueAt(tree: object, name: string): unknown {
  return name in tree ? (tree as Record<string, unknown>)[name] : ABSENT
}

function shown(value: unknown): string {
  const text = value === ABSENT ? 'nothing' : JSON.stringify(value)
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text
}

import { faultKinds } from './check-spec.js'
import type { FaultKind, FaultSpec } from './fault-spec.js'

/** What stands between the colons behind a kind, in this order. */
const POSITIONS: Readonly<Partial<Record<FaultKind, readonly string[]>>> = {
  error: ['api', 'error', 'message'],
  delay: ['api', 'ms', 'when'],
  disconnect: ['api', 'when'],
  drop: ['api', 'when'],
  throttle: ['api', 'ms'],
  blackhole: ['clientId'],
  corrupt: ['topic'],
  capVersions: ['api', 'max', 'min'],
  asVersion: ['release'],
  diskFull: ['path'],
  ioError: ['operation', 'code', 'path'],
}
const NUMBERS: ReadonlySet<string> = new Set([
  'ms',
  'max',
  'min',
  'partition',
  'broker',
  'times',
  'onCall',
  'probability',
  'seed',
])
/** Several APIs: `Produce+Fetch`. */
const ALSO = '+'

/**
 * A fault as it is written on a command line: JSON, or in short `kind:argument:argument,name=value`,
 * e.g. `error:Produce:NOT_LEADER_OR_FOLLOWER,topic=orders,times=2`.
 *
 * @returns what is yet to be checked
 * @throws TypeError
 */
export function parseFault(text: string): FaultSpec {
  if (text.trimStart().startsWith('{')) return parseJson(text)
  const [head = '', ...named] = text.split(',')
  const [kind = '', ...positional] = head.split(':')
  const names = POSITIONS[kind as FaultKind] ?? []
  if (!faultKinds.includes(kind as FaultKind)) {
    throw new TypeError(`fault ${text}: it begins with one of ${faultKinds.join(', ')}, or is JSON`)
  }
  if (positional.length > names.length) {
    const form = [kind, ...names].join(':')
    throw new TypeError(`fault ${text}: it has the form ${form}, and then name=value with commas`)
  }
  const spec: Record<string, unknown> = { kind }
  for (const [i, value] of positional.entries()) {
    if (value !== '') spec[names[i]!] = argumentOf(names[i]!, value)
  }
  for (const pair of named) {
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    if (equals < 0 && name !== 'once') {
      throw new TypeError(`fault ${text}: ${pair} has to be of the form name=value`)
    }
    spec[name] = argumentOf(name, equals < 0 ? 'true' : pair.slice(equals + 1))
  }
  return spec as unknown as FaultSpec
}

function argumentOf(name: string, text: string): unknown {
  if (name === 'once') return text === 'true' ? true : text === 'false' ? false : text
  if (name === 'api' && text.includes(ALSO)) return text.split(ALSO)
  const isNumber = NUMBERS.has(name) || name === 'error'
  return isNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function parseJson(text: string): FaultSpec {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TypeError(`fault ${text}: ${(error as Error).message}`, { cause: error })
  }
}

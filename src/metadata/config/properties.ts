/**
 * Reads a Java properties file (`java.util.Properties.load`): `=`, `:` or blanks part key and
 * value, `#` and `!` begin comment lines, a backslash at the end of a line continues it, and
 * backslashes escape. A key that comes again replaces the earlier one.
 *
 * @throws SyntaxError at a `\u` that isn't followed by four hexadecimal digits
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const keyEnd = endOfKey(line)
    const value = line.slice(keyEnd).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
    properties.set(unescaped(line.slice(0, keyEnd)), unescaped(value))
  }
  return properties
}

/** Lines without comments and leading blanks, with continued ones joined. */
function* logicalLines(text: string): Iterable<string> {
  let pending: string | undefined
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (pending === undefined && (line === '' || line.startsWith('#') || line.startsWith('!'))) {
      continue
    }
    const joined = (pending ?? '') + line
    // An odd number of backslashes: the last one isn't escaped and continues the line.
    const continued = /(?<!\\)(\\\\)*\\$/.test(line)
    if (continued) {
      pending = joined.slice(0, -1)
    } else {
      yield joined
      pending = undefined
    }
  }
  if (pending !== undefined) yield pending
}

function endOfKey(line: string): number {
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\\') i++
    else if (/[=: \t\f]/.test(line[i]!)) return i
  }
  return line.length
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex?: string, char?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (char === 'u') throw new SyntaxError('Malformed \\uxxxx encoding.')
    return ESCAPES[char!] ?? char!
  })
}

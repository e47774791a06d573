import { run } from '../support/run.js'

/** A record of the table: a package's name, and what is known of it as one line of JSON. */
export interface Package {
  readonly key: string
  readonly value: string
}

/**
 * The paragraphs of Debian's package index, from `apt-cache dumpavail`, the first `count` of them.
 * Where there is no apt-cache, text of the same kind is made up.
 */
export async function packages(count = Number.POSITIVE_INFINITY): Promise<Package[]> {
  const index = await debianIndex()
  const paragraphs = index.split('\n\n').filter((paragraph) => paragraph.startsWith('Package: '))
  if (paragraphs.length === 0) return madeUp(Math.min(count, 5_000))
  return paragraphs.slice(0, count).map(packageOf)
}

async function debianIndex(): Promise<string> {
  try {
    return (await run('apt-cache', ['dumpavail'])).stdout
  } catch {
    return ''
  }
}

function packageOf(paragraph: string): Package {
  const fields: Record<string, string> = {}
  // A line that begins with a blank goes on with the field before it.
  for (const field of paragraph.split(/\n(?! )/)) {
    const colon = field.indexOf(':')
    if (colon > 0) fields[field.slice(0, colon)] = field.slice(colon + 1).trim()
  }
  return { key: fields.Package!, value: JSON.stringify(fields) }
}

const WORDS = [
  'broker',
  'lög',
  'ναι',
  'журнал',
  '日志',
  'partition',
  '🚀',
  'offset',
  'ü',
  'of',
  'a',
]

/** Paragraphs from a line to many KB, the same in every run. */
function madeUp(count: number): Package[] {
  return Array.from({ length: count }, (_, i) => {
    const length = i % 97 === 0 ? 3_000 : (i * i) % 120
    const words = Array.from({ length }, (_, j) => WORDS[(i * 7 + j * j) % WORDS.length])
    return {
      key: `package-${i}`,
      value: JSON.stringify({ Package: `package-${i}`, Description: words.join(' ') }),
    }
  })
}

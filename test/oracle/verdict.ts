import { readFileSync } from 'node:fs'
import type t from 'tap'
import type { Exchange } from './conversation.js'
import { type Difference, differencesOf } from './difference.js'

type Tap = Pick<typeof t, 'fail' | 'pass'>

/** The headings of docs/deviations.md, read from the project's root, where tests run. */
const deviations = new Set(
  readFileSync('docs/deviations.md', 'utf8')
    .match(/^## .+$/gm)
    ?.map((heading) => heading.slice(3)),
)

/** Fails for each exchange whose answers differ, unless docs/deviations.md has the entry it names. */
export function assertSameAnswers(
  t: Tap,
  ours: readonly Exchange[],
  theirs: readonly Exchange[],
): void {
  const complaints = differencesOf(ours, theirs).flatMap(complaintAbout)
  for (const { label, why } of complaints) t.fail(label, { why })
  t.pass(`${ours.length} answers compared`)
}

function complaintAbout({
  label,
  deviation,
  fields,
}: Difference): { label: string; why: string }[] {
  if (deviation === undefined) return [{ label, why: fields.join('\n') }]
  if (!deviations.has(deviation)) return [{ label, why: `docs/deviations.md has no ${deviation}` }]
  if (fields.length === 0) return [{ label, why: `${deviation}: there is no difference any more` }]
  return []
}

const GAP = '  '
/** They would move the cursor, or worse. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is meant
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/g

/** Text in columns, below their names. Numbers stand to the right. */
export function table(
  names: readonly string[],
  rows: readonly (readonly unknown[])[],
): readonly string[] {
  const texts = rows.map((row) => row.map(cell))
  const widths = names.map((name, i) =>
    Math.max(name.length, ...texts.map((row) => row[i]?.length ?? 0)),
  )
  const isNumber = names.map(
    (_, i) => rows.length > 0 && rows.every((r) => typeof r[i] === 'number'),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => (isNumber[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join(GAP)
      .trimEnd()
  return [line(names), ...texts.map(line)]
}

/** A value in one line, without what a terminal would act on. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return String(value).replace(CONTROL_CHARACTERS, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

/** `orders-[0,1] payments-[0]` */
export function partitionsText(
  assignment: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): string {
  return (
    assignment.map(({ topic, partitions }) => `${topic}-[${partitions.join(',')}]`).join(' ') || '-'
  )
}

/** ISO 8601 of milliseconds since the Unix epoch. */
export const timeText = (ms: number): string => (ms < 0 ? '-' : new Date(ms).toISOString())

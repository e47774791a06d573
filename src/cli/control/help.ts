import type { ControlCommand, OptionHelp } from './command.js'

const WIDTH = 100

/** What all forms of a command are for. */
export function commandHelp(
  forms: readonly ControlCommand[],
  common: Readonly<Record<string, OptionHelp>>,
): readonly string[] {
  const usages = forms.map(({ words, args = [] }) => ['samsa', words, ...args].join(' '))
  return [
    'Usage:',
    '',
    ...inColumns(usages.map((usage, i) => [`  ${usage}`, forms[i]!.help])),
    '',
    ...forms.flatMap(({ words, options }) => {
      if (options === undefined) return []
      return [`Options of samsa ${words}:`, '', ...optionLines(options), '']
    }),
    forms.every(({ options }) => options === undefined) ? 'Options:' : 'Options of all:',
    '',
    ...optionLines(common),
  ]
}

function optionLines(options: Readonly<Record<string, OptionHelp>>): readonly string[] {
  return inColumns(
    Object.entries(options).map(([name, { value, help, multiple }]) => [
      `  --${name}${value === undefined ? '' : ` ${value}`}`,
      multiple === true ? `${help}; may be given several times` : help,
    ]),
  )
}

function inColumns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const indent = Math.max(...rows.map(([left]) => left.length)) + 3
  return rows.flatMap(([left, right]) => {
    const [first = '', ...others] = wrapped(right, WIDTH - indent)
    return [`${left.padEnd(indent)}${first}`, ...others.map((line) => ' '.repeat(indent) + line)]
  })
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

import { parseArgs } from 'node:util'
import { UsageError } from '../arguments.js'
import { ControlClient, controlUrl } from './client.js'
import type { CommandCall, ControlCommand, OptionHelp } from './command.js'
import { brokerCommands, contentCommands } from './commands/broker.js'
import { faultCommands } from './commands/faults.js'
import { groupCommands } from './commands/groups.js'
import { journalCommands } from './commands/journal.js'
import { topicCommands } from './commands/topics.js'
import { waitCommands } from './commands/waits.js'
import { commandHelp } from './help.js'

const COMMANDS: readonly ControlCommand[] = [
  ...waitCommands,
  ...topicCommands,
  ...groupCommands,
  ...faultCommands,
  ...journalCommands,
  ...contentCommands,
  ...brokerCommands,
]

/** Those of all commands. */
const COMMON_OPTIONS: Readonly<Record<string, OptionHelp>> = {
  control: {
    value: 'URL|PORT',
    help: 'where samsa start --control-port has opened the control API; SAMSA_CONTROL_URL unless said',
  },
  json: { help: 'print what the API has answered, for scripts' },
  help: { help: 'print this' },
}

/**
 * Runs a command that uses the control API.
 *
 * @param name the first word
 * @returns the lines that it prints
 * @throws UsageError, ControlFailure
 */
export async function runControl(
  name: string,
  rest: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const forms = COMMANDS.filter(({ words }) => words.split(' ')[0] === name)
  const form = chosenForm(forms, rest)
  const parsed = parse(form ?? forms[0]!, name, rest, form === undefined)
  if (parsed.help) return commandHelp(forms, COMMON_OPTIONS)
  if (form === undefined) throw new UsageError(`samsa ${name} needs ${verbs(forms)}`, name)
  const args = argumentsOf(form, parsed.args, forms)
  const api = new ControlClient(controlUrl(parsed.value('control'), environment))
  const { json, lines } = await runOf(form, name, { ...parsed, args, api })
  return parsed.value('json') === undefined ? lines : [JSON.stringify(json)]
}

/** @throws UsageError that tells of the command's own help */
async function runOf(form: ControlCommand, name: string, call: CommandCall) {
  try {
    return await form.run(call)
  } catch (error) {
    throw error instanceof UsageError ? error.of(name) : error
  }
}

/** By the second word, which may stand among options; that without one where none fits. */
function chosenForm(
  forms: readonly ControlCommand[],
  rest: readonly string[],
): ControlCommand | undefined {
  const options = parseable(Object.assign({}, ...forms.map((form) => form.options)))
  const { positionals } = parseArgs({
    args: [...rest],
    allowPositionals: true,
    strict: false,
    options,
  })
  const named = forms.find(({ words }) => words.split(' ')[1] === (positionals[0] ?? ''))
  return named ?? forms.find(({ words }) => !words.includes(' '))
}

function parseable(options: Readonly<Record<string, OptionHelp>> = {}) {
  return Object.fromEntries(
    Object.entries({ ...options, ...COMMON_OPTIONS }).map(([option, { value, multiple }]) => [
      option,
      { type: value === undefined ? 'boolean' : 'string', multiple: multiple === true } as const,
    ]),
  )
}

const verbs = (forms: readonly ControlCommand[]): string =>
  forms.flatMap(({ words }) => words.split(' ').slice(1)).join(', ')

interface Parsed extends Omit<CommandCall, 'api'> {
  readonly help: boolean
}

/** @param isOpen options of any form are let through: there is only help to be had */
function parse(
  form: ControlCommand,
  name: string,
  rest: readonly string[],
  isOpen: boolean,
): Parsed {
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      strict: !isOpen,
      options: parseable(form.options),
    })
    const all = values as Readonly<Record<string, string | boolean | string[] | undefined>>
    const value = (option: string): string | undefined => {
      const said = all[option]
      return said === undefined || said === false ? undefined : String(said)
    }
    return {
      help: all.help === true,
      args: form.words.includes(' ') ? positionals.slice(1) : positionals,
      value,
      values: (option) => (all[option] ?? []) as readonly string[],
      whole: (option) => wholeOf(option, value(option)),
    }
  } catch (error) {
    // Node goes on to explain how a positional argument may begin with a dash.
    throw new UsageError((error as Error).message.split('. ')[0]!, name)
  }
}

function argumentsOf(
  { words, args = [] }: ControlCommand,
  given: readonly string[],
  forms: readonly ControlCommand[],
) {
  const required = args.filter((name) => !name.startsWith('['))
  const missing = required[given.length]
  if (missing !== undefined) {
    throw new UsageError(`samsa ${words} needs ${missing.replace('...', '')}`, words.split(' ')[0])
  }
  const isOpen = args.at(-1)?.endsWith('...') === true
  if (given.length > args.length && !isOpen) {
    const others = !words.includes(' ') && args.length === 0 ? verbs(forms) : ''
    const message = `samsa ${words}: ${given[args.length]} is one argument too many`
    const told = others === '' ? message : `${message}; there are ${others}`
    throw new UsageError(told, words.split(' ')[0])
  }
  return given
}

function wholeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new UsageError(`--${option} ${text}: it has to be a whole number`)
}

import type { ControlClient } from './client.js'

/** An option of a command: `--name VALUE`, or a flag without a value. */
export interface OptionHelp {
  /** What stands for the value; a flag without. */
  readonly value?: string
  readonly help: string
  /** May be given several times. */
  readonly multiple?: boolean
}

/** What was said on the command line, checked as far as the command's shape goes. */
export interface CommandCall {
  readonly api: ControlClient
  readonly args: readonly string[]
  /** Of an option that has a value. */
  value(name: string): string | undefined
  values(name: string): readonly string[]
  /** @throws UsageError for what isn't a whole number */
  whole(name: string): number | undefined
}

/** What a command has to say. */
export interface Shown {
  /** For scripts: what the API has answered. */
  readonly json: unknown
  /** For people. */
  readonly lines: readonly string[]
}

/** One form of a command that uses the control API. */
export interface ControlCommand {
  /** `topics create` */
  readonly words: string
  /** What its arguments are called; those in brackets may be left out, dots say that there may be more. */
  readonly args?: readonly string[]
  readonly help: string
  readonly options?: Readonly<Record<string, OptionHelp>>
  readonly run: (call: CommandCall) => Promise<Shown>
}

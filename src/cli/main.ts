import { HELP, parseArguments, UsageError } from './arguments.js'
import { complain, print, printed } from './terminal.js'

/** Put in by the build. */
declare const SAMSA_VERSION: string

const FAILED = 1
const MISUSED = 2

async function run(args: readonly string[]): Promise<number> {
  try {
    const command = parseArguments(args)
    if (command.name === 'help') print(HELP)
    else if (command.name === 'version') print(SAMSA_VERSION)
    // What the others need is loaded for them alone.
    else if (command.name === 'control') {
      const { runControl } = await import('./control/run.js')
      for (const line of await runControl(command.command, command.rest, process.env)) print(line)
      await printed()
    } else {
      const { start } = await import('./start.js')
      return await start(command)
    }
    return 0
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error))
    return error instanceof UsageError ? MISUSED : FAILED
  }
}

process.exit(await run(process.argv.slice(2)))

import { HELP, parseArguments } from './arguments.js'
import { start } from './start.js'
import { complain, print } from './terminal.js'

/** Put in by the build. */
declare const SAMSA_VERSION: string

async function run(args: readonly string[]): Promise<number> {
  try {
    const command = parseArguments(args)
    if (command.name === 'help') print(HELP)
    else if (command.name === 'version') print(SAMSA_VERSION)
    else return await start(command)
    return 0
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error))
    return 1
  }
}

process.exit(await run(process.argv.slice(2)))

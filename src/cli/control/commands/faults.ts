import { parseFault } from '../../../testing/faults/fault-text.js'
import { UsageError } from '../../arguments.js'
import { type Answer, path } from '../client.js'
import type { ControlCommand } from '../command.js'
import { cell, table } from '../table.js'

export const faultCommands: readonly ControlCommand[] = [
  {
    words: 'faults',
    help: 'list the faults that may still strike',
    run: async ({ api }) => {
      const json = await api.get('/faults')
      return { json, lines: faultTable(json.faults) }
    },
  },
  {
    words: 'faults add',
    args: ['FAULT'],
    help: 'make a fault: JSON, or error:Produce:NOT_LEADER_OR_FOLLOWER,topic=orders,times=2',
    run: async ({ api, args: [text] }) => shownFault(await api.post('/faults', faultIn(text!))),
  },
  {
    words: 'faults show',
    args: ['ID'],
    help: 'show a fault, and how far it has come',
    run: async ({ api, args: [id] }) => shownFault(await api.get(path`/faults/${id!}`)),
  },
  {
    words: 'faults stop',
    args: ['ID'],
    help: 'stop a fault',
    run: async ({ api, args: [id] }) => shownFault(await api.delete(path`/faults/${id!}`)),
  },
  {
    words: 'faults clear',
    help: 'stop all faults',
    run: async ({ api }) => ({ json: await api.delete('/faults'), lines: ['stopped all faults'] }),
  },
]

/** @throws UsageError */
function faultIn(text: string) {
  try {
    return parseFault(text)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

const shownFault = (json: Answer) => ({ json, lines: faultTable([json]) })

function faultTable(faults: readonly Answer[]): readonly string[] {
  const rows = faults.map(({ id, spec, calls, hits, isActive }) => {
    const { kind, ...rest } = spec
    return [id, kind, cell(JSON.stringify(rest)), calls, hits, isActive ? 'yes' : 'no']
  })
  return table(['ID', 'KIND', 'WHAT', 'CALLS', 'HITS', 'ACTIVE'], rows)
}

import type { RaftCore } from '../../src/raft/core/core.js'
import type { SimulatedNode } from './node.js'

/** Is shown the nodes after every event; `atMs` counts from the start of the simulation. */
export type Trace = (nodes: readonly SimulatedNode[], atMs: number) => void

/** Writes a line for each node that has changed. */
export function traceTo(write: (line: string) => void): Trace {
  const last = new Map<number, string>()
  return (nodes, atMs) => {
    for (const { id, incarnation, driver, machine } of nodes) {
      const text = driver ? `${stateOf(driver.core)}, applied ${machine?.nextOffset}` : 'down'
      if (last.get(id) === text) continue
      last.set(id, text)
      write(`${atMs.toFixed(1)} node ${id}, start ${incarnation}: ${text}`)
    }
  }
}

function stateOf({ state, log, highWatermark }: RaftCore): string {
  const epochs = log.epochs().map(({ epoch, startOffset }) => `${epoch} from ${startOffset}`)
  const snapshot = log.latestSnapshotId
  return [
    `${state.name} in epoch ${state.epoch}`,
    `log ${log.startOffset} to ${log.endOffset} (durable ${log.durableEndOffset})`,
    `epochs ${epochs.join(', ') || 'none'}`,
    `snapshot ${snapshot ? `${snapshot.offset}-${snapshot.epoch}` : 'none'}`,
    `high watermark ${highWatermark ?? 'unknown'}`,
  ].join('; ')
}

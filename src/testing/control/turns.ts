/** Makes a change of the whole broker when those that were asked for before are done. */
export type InTurn = <T>(change: () => Promise<T>) => Promise<T>

export function turns(): InTurn {
  let changing: Promise<unknown> = Promise.resolve()
  return (change) => {
    const changed = changing.then(change)
    changing = changed.catch(() => {})
    return changed
  }
}

type Kind = 'clients' | 'brokers'

const endings: Record<Kind, (() => Promise<void>)[]> = { clients: [], brokers: [] }

/** Something is open that is to be closed with the snippet. */
export function ending(kind: Kind, end: () => Promise<void>): void {
  endings[kind].push(end)
}

export async function endAll(kind: Kind): Promise<void> {
  await Promise.all(endings[kind].splice(0).map((end) => end()))
}

export interface RunningBroker {
  readonly bootstrapServers: string
  close(): Promise<void>
}
export async function startBroker(_options?: {
  config?: Record<string, string>
}): Promise<RunningBroker> {
  throw new Error('not there')
}

/** What a coordinator needs to know of a request beside its body. */
export interface GroupRequestContext {
  readonly apiVersion: number
  readonly clientId: string | null
  /** IP address. */
  readonly clientAddress: string
}

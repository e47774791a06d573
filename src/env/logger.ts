type Write = (fields: Record<string, unknown>, message: string) => void

/** Structured logging, in the shape that pino has. Fields never hold credentials or record data. */
export interface Logger {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  child(bindings: Record<string, unknown>): Logger
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
}

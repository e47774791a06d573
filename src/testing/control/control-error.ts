/** What a request is refused with, or why it has failed. */
export class ControlError extends Error {
  /**
   * @param status of HTTP
   * @param code for programs: Kafka's name of an error, or one of this API's own, in capitals
   * @param saw what there was instead of what was waited for
   */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly saw?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'ControlError'
  }
}

/** The request can't be understood. */
export function badRequest(message: string, cause?: unknown): ControlError {
  return new ControlError(400, 'BAD_REQUEST', message, undefined, { cause })
}

export function notFound(message: string): ControlError {
  return new ControlError(404, 'NOT_FOUND', message)
}

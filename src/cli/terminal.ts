/** Prints a line of what was asked for. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Resolves when what was printed has left, or nobody reads it any more. */
export function printed(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.once('error', () => resolve())
    process.stdout.write('', () => resolve())
  })
}

/** Says in a line what went wrong. */
export function complain(message: string): void {
  process.stderr.write(`samsa: ${message.replace(/\s*\n\s*/g, ' ')}\n`)
}

/** Somebody reads what is logged as it comes. */
export function isWatched(): boolean {
  return process.stderr.isTTY === true
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What ends with a test, of tap or of another kind. */
export interface Teardown {
  teardown(handler: () => unknown): void
}

/** A directory that goes with the test. */
export function temporaryDirectory(t: Teardown): string {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

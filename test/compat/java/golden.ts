import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Step } from './session.js'

function fileOf(scenario: string): string {
  return fileURLToPath(new URL(`./golden/${scenario}.golden.json`, import.meta.url))
}

/** What the tools said when they were used on Apache Kafka. */
export async function readGolden(scenario: string): Promise<Step[]> {
  return JSON.parse(await readFile(fileOf(scenario), 'utf8'))
}

export async function writeGolden(scenario: string, steps: readonly Step[]): Promise<void> {
  await writeFile(fileOf(scenario), `${JSON.stringify(steps, undefined, 1)}\n`)
}

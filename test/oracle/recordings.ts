import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Exchange } from './conversation.js'

function fileOf(script: string): string {
  return fileURLToPath(new URL(`./recordings/${script}.golden.json`, import.meta.url))
}

/** What Apache Kafka answered to a script. */
export async function readRecording(script: string): Promise<Exchange[]> {
  return JSON.parse(await readFile(fileOf(script), 'utf8'))
}

/** Keeps the answers, a line an exchange, so that a changed one is one changed line. */
export async function writeRecording(
  script: string,
  exchanges: readonly Exchange[],
): Promise<void> {
  const lines = exchanges.map((exchange) => JSON.stringify(exchange))
  await writeFile(fileOf(script), `[\n${lines.join(',\n')}\n]\n`)
}

import { readFile, writeFile } from 'node:fs/promises'
import { ApiKey } from '../../src/protocol/api-keys.js'
import { WireClient } from './wire-client.js'

/** An API as ApiVersions lists it. */
export interface Advertised {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

const RECORDING = new URL('./recordings/advertised.golden.json', import.meta.url)

/** What the broker at `host:port` says that it serves. */
export async function advertisedBy(bootstrap: string): Promise<Advertised[]> {
  const client = WireClient.to(bootstrap)
  try {
    const answer = await client.send(ApiKey.ApiVersions, 4, {
      clientSoftwareName: 'oracle',
      clientSoftwareVersion: '1.0',
    })
    if (answer.kind !== 'response') throw new Error(`ApiVersions: ${answer.kind}`)
    return answer.body.apiKeys as Advertised[]
  } finally {
    client.close()
  }
}

/** What Apache Kafka said that it serves. */
export async function readAdvertised(): Promise<Advertised[]> {
  return JSON.parse(await readFile(RECORDING, 'utf8'))
}

export async function writeAdvertised(advertised: readonly Advertised[]): Promise<void> {
  await writeFile(RECORDING, `[\n${advertised.map((api) => JSON.stringify(api)).join(',\n')}\n]\n`)
}

import type { BrokerOptions } from './running-broker.js'

const NAMES: Readonly<Record<keyof BrokerOptions, true>> = {
  profile: true,
  port: true,
  clock: true,
  asVersion: true,
  journal: true,
  directory: true,
  memoryBytes: true,
  seed: true,
  config: true,
  controlPort: true,
  logger: true,
  onFailure: true,
}
const CLOCKS: readonly unknown[] = [undefined, 'system', 'virtual']

/** What a compiler would say of options, for those who have none. @throws TypeError */
export function checkOptions(options: BrokerOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('the options of a broker have to be an object')
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(NAMES, name))
  if (unknown !== undefined) {
    throw new TypeError(`there is no option ${unknown}; there are ${Object.keys(NAMES).join(', ')}`)
  }
  const { clock, memoryBytes = 1 } = options
  if (!CLOCKS.includes(clock)) {
    throw new TypeError(`clock ${clock}: it has to be one of system, virtual`)
  }
  if (!(memoryBytes > 0)) throw new TypeError(`memoryBytes ${memoryBytes}: it has to be some`)
}

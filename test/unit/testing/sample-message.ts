import { randomUuid, seededRandom } from '../../../src/env/random.js'
import type { WireType } from '../../../src/protocol/codec/field.js'
import {
  type AnyMessage,
  type Fields,
  includes,
  NO_VERSIONS,
  ZERO_UUID,
} from '../../../src/protocol/codec/index.js'
import { planStruct } from '../../../src/protocol/codec/plan.js'

type Struct = Readonly<Record<string, unknown>>

const random = seededRandom(5)

/** A message that has two of everything, each with a name of its own. */
export function sampleMessage({ fields, flexible }: AnyMessage, version: number): Struct {
  let last = 0
  return sample(fields, version, () => ++last, includes(flexible, version))
}

function sample(fields: Fields, version: number, next: () => number, flexible: boolean): Struct {
  const has = (name: string) => includes(fields[name]?.modifiers.versions ?? NO_VERSIONS, version)
  const isNamed = has('name') && has('topicId')
  const made = (name: string, type: WireType): unknown => {
    switch (type.kind) {
      case 'array':
        return [made(name, type.element), made(name, type.element)]
      case 'struct':
        return sample(type.fields, version, next, flexible)
      case 'string':
        return `${name}-${next()}`
      case 'uuid':
        // A topic of Metadata before version 12 has its name.
        return version < 12 && isNamed && name === 'topicId' ? ZERO_UUID : randomUuid(random)
      case 'bool':
        return false
      case 'bytes':
      case 'records':
        return Buffer.from('none')
      case 'bigint':
        return BigInt(next())
      default:
        return SMALL[name] ?? next()
    }
  }
  return Object.fromEntries(
    planStruct(fields, version, flexible)
      .fields.filter(({ present }) => present)
      .map(({ name, type }) => [name, made(name, type)]),
  )
}

/** Of what a number stands for in another field. */
const SMALL: Readonly<Record<string, number>> = { keyType: 0, resourceType: 2, acks: 1 }

import { type Random, randomUuid } from '../../../src/env/random.js'
import type { AnyField, Fields, WireType } from '../../../src/protocol/codec/field.js'
import { type AnyMessage, includes } from '../../../src/protocol/codec/index.js'
import { type FieldPlan, planStruct } from '../../../src/protocol/codec/plan.js'

type Struct = Record<string, unknown>

/** A random message, as decoding gives it: what the version lacks has its default. */
export function randomMessage(message: AnyMessage, version: number, random: Random): Struct {
  return new Generator(version, includes(message.flexible, version), random).struct(message.fields)
}

/** A message of a random one's shape whose fields are all their defaults. */
export function defaultsOf(fields: Readonly<Record<string, AnyField>>): Struct {
  const { fields: plans } = planStruct(fields, 0, false)
  return Object.fromEntries(plans.map((plan) => [plan.name, defaultOf(plan)]))
}

function defaultOf(plan: FieldPlan): unknown {
  if (plan.fallback !== undefined) return plan.fallback
  if (plan.type.kind === 'array') return []
  return plan.type.kind === 'struct' ? defaultsOf(plan.type.fields) : Buffer.alloc(0)
}

class Generator {
  constructor(
    private readonly version: number,
    private readonly flexible: boolean,
    private readonly random: Random,
  ) {}

  struct(fields: Fields): Struct {
    const plan = planStruct(fields, this.version, this.flexible)
    const out: Struct = {}
    for (const field of plan.fields) {
      const leaveOut = !field.present || (field.tag !== undefined && this.random.int(3) === 0)
      out[field.name] = leaveOut ? defaultOf(field) : this.field(field)
    }
    if (this.flexible && this.random.int(8) === 0) {
      out.unknownTags = [100, 20_000].map((tag) => ({ tag, data: this.bytes() }))
    }
    return out
  }

  private field(field: FieldPlan): unknown {
    if (field.nullable && this.random.int(4) === 0) return null
    return this.value(field.type)
  }

  private value(type: WireType): unknown {
    const { random } = this
    switch (type.kind) {
      case 'bool':
        return random.int(2) === 1
      case 'int8':
        return random.bytes(1).readInt8()
      case 'int16':
        return random.bytes(2).readInt16BE()
      case 'uint16':
        return random.bytes(2).readUInt16BE()
      case 'int32':
        return random.bytes(4).readInt32BE()
      case 'uint32':
        return random.bytes(4).readUInt32BE()
      case 'int64':
        return (random.int(2 ** 32) - 2 ** 31) * 2 ** random.int(22) + random.int(2)
      case 'bigint':
        return random.bytes(8).readBigInt64BE()
      case 'float64':
        return (random.fraction() - 0.5) * 10 ** random.int(20)
      case 'uuid':
        return randomUuid(random)
      case 'string':
        return this.text()
      case 'bytes':
      case 'records':
        return this.bytes()
      case 'array':
        return Array.from({ length: random.int(4) }, () => this.value(type.element))
      case 'struct':
        return this.struct(type.fields)
    }
  }

  private text(): string {
    const alphabets = ['abc-._XYZ019', 'aé', 'あ\u0000x', '🚀z']
    const alphabet = [...alphabets[this.random.int(4)]!]
    const length = this.random.int(8) === 0 ? 120 + this.random.int(20) : this.random.int(14)
    return Array.from({ length }, () => alphabet[this.random.int(alphabet.length)]).join('')
  }

  /** Sometimes long enough that record bytes get a chunk of their own. */
  private bytes(): Buffer {
    return this.random.bytes(this.random.int(12) === 0 ? 600 : this.random.int(10))
  }
}

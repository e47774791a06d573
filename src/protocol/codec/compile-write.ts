import type { Fields, UnknownTag, WireType } from './field.js'
import { elementPlan, type FieldPlan, planStruct, type StructPlan } from './plan.js'
import { literal, Source, sizedMethod } from './source.js'
import { EncodeError, type Writer } from './writer.js'

/** Generates the function that writes one version of a struct. */
export function compileWrite<I>(
  fields: Fields,
  version: number,
  flexible: boolean,
): (w: Writer, message: I) => void {
  const generator = new WriteGenerator(version, flexible)
  const scope = { failAbsent, failStruct, failArray, unknownTagsBefore }
  return generator.source.compile(generator.struct('message', fields), scope)
}

class WriteGenerator {
  readonly source = new Source()

  constructor(
    private readonly version: number,
    private readonly flexible: boolean,
  ) {}

  /** A function from a writer and the struct; returns its name. */
  struct(name: string, fields: Fields): string {
    const plan = planStruct(fields, this.version, this.flexible)
    const body = [`if (m === null || typeof m !== 'object') failStruct(${JSON.stringify(name)}, m)`]
    for (const field of plan.fields) {
      if (!field.present) {
        if (field.ignorable) continue
        const fail = `failAbsent(${JSON.stringify(field.name)}, ${this.version})`
        body.push(`if (!(${this.isDefault(field, `m.${field.name}`)})) ${fail}`)
      } else if (field.tag === undefined) {
        body.push('{', this.read(field), this.value(field, 'v'), '}')
      }
    }
    body.push(plan.flexible ? this.taggedFields(plan) : this.noTaggedFields())
    return this.source.add('struct', 'w, m', body.join('\n'))
  }

  private noTaggedFields(): string {
    const fail = `failAbsent('unknownTags', ${this.version})`
    return `if (m.unknownTags !== undefined && m.unknownTags.length > 0) ${fail}`
  }

  private taggedFields(plan: StructPlan): string {
    const fields = plan.fields
      .filter((field) => field.present && field.tag !== undefined)
      .sort((a, b) => a.tag! - b.tag!)
    const lines = ['const u = m.unknownTags', 'let n = u === undefined ? 0 : u.length', 'let i = 0']
    for (const field of fields) {
      lines.push(`const has${field.tag} = !(${this.isDefault(field, `m.${field.name}`)})`)
      lines.push(`if (has${field.tag}) n++`)
    }
    lines.push('w.uvarint(n)', 'if (n > 0) {')
    for (const field of fields) {
      lines.push(`if (u !== undefined) i = unknownTagsBefore(w, u, i, ${field.tag})`)
      lines.push(`if (has${field.tag}) {`, `const t = w.beginTag(${field.tag})`)
      lines.push(`const v = m.${field.name}`, this.value(field, 'v'), 'w.endTag(t)', '}')
    }
    lines.push('if (u !== undefined) unknownTagsBefore(w, u, i, -1)', '}')
    return lines.join('\n')
  }

  /** Declares `v`, the value to write: the field's or its default. */
  private read(field: FieldPlan): string {
    const isEmptyArray = field.type.kind === 'array' && field.mayBeLeftOut
    if (field.fallback === undefined && !isEmptyArray) return `const v = m.${field.name}`
    const fallback = field.fallback === undefined ? '[]' : literal(field.fallback)
    return `const v = m.${field.name} === undefined ? ${fallback} : m.${field.name}`
  }

  private value(field: FieldPlan, v: string): string {
    const { name, type, nullable, compact } = field
    const label = JSON.stringify(name)
    switch (type.kind) {
      case 'struct': {
        const write = `${this.struct(name, type.fields)}(w, ${v})`
        if (!nullable) return `${write}`
        const [none, some] = field.tag === undefined ? [-1, 1] : [0, 1]
        return `if (${v} === null) w.byte(${none})\nelse { w.byte(${some}); ${write} }`
      }
      case 'array':
        return `${this.array(name, type.element, nullable, compact)}(w, ${v})`
      case 'string':
      case 'bytes':
      case 'records':
        return `w.${sizedMethod(type.kind, nullable, compact)}(${v}, ${label})`
      default:
        return `w.${type.kind}(${v}, ${label})`
    }
  }

  private array(name: string, element: WireType, nullable: boolean, compact: boolean): string {
    const count = compact ? 'compactCount' : 'count'
    const item = elementPlan(name, element, compact)
    const lines = [
      `if (!Array.isArray(a)) failArray(${JSON.stringify(name)}, a)`,
      `w.${count}(a.length)`,
      'for (let i = 0; i < a.length; i++) {',
      this.value(item, 'a[i]'),
      '}',
    ]
    if (nullable) lines.unshift(`if (a === null) return w.${count}(-1)`)
    return this.source.add('array', 'w, a', lines.join('\n'))
  }

  /** An expression: is this the default, which a tagged or absent field needn't be written for. */
  private isDefault(field: FieldPlan, v: string): string {
    if (field.fallback !== undefined) {
      return `${v} === undefined || ${v} === ${literal(field.fallback)}`
    }
    if (field.type.kind === 'struct') {
      return `${v} === undefined || ${this.isDefaultStruct(field.type.fields)}(${v})`
    }
    return `${v} === undefined || ${v} !== null && ${v}.length === 0`
  }

  private isDefaultStruct(fields: Fields): string {
    const plan = planStruct(fields, this.version, this.flexible)
    const tests = plan.fields.map((field) => `(${this.isDefault(field, `m.${field.name}`)})`)
    tests.push('(m.unknownTags === undefined || m.unknownTags.length === 0)')
    return this.source.add('isDefault', 'm', `return m !== null && ${tests.join(' && ')}`)
  }
}

function failAbsent(field: string, version: number): never {
  throw new EncodeError(`version ${version} has no place for ${field}, which isn't the default`)
}

function failStruct(name: string, value: unknown): never {
  throw new EncodeError(`${name} must be an object, not ${String(value)}`)
}

function failArray(name: string, value: unknown): never {
  throw new EncodeError(`${name} must be an array, not ${String(value)}`)
}

/**
 * Writes the unknown tags from index `i` on that go before the known tag `next` (-1: all), since
 * tags stand in ascending order (KIP-482). Returns the index of the first one not written.
 */
function unknownTagsBefore(
  w: Writer,
  tags: readonly UnknownTag[],
  i: number,
  next: number,
): number {
  let at = i
  for (; at < tags.length; at++) {
    const { tag, data } = tags[at]!
    if (at > 0 && tag <= tags[at - 1]!.tag) throw new EncodeError('unknown tags must be in order')
    if (tag === next) throw new EncodeError(`tag ${tag} isn't unknown in this version`)
    if (next >= 0 && tag > next) break
    w.uvarint(tag)
    w.uvarint(data.length)
    w.raw(data)
  }
  return at
}

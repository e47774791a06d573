import type { Fields, WireType } from './field.js'
import { elementPlan, type FieldPlan, minBytes, planStruct, type StructPlan } from './plan.js'
import type { Reader } from './reader.js'
import { literal, Source, sizedMethod } from './source.js'

/** Generates the function that reads one version of a struct. */
export function compileRead<T>(
  fields: Fields,
  version: number,
  flexible: boolean,
): (r: Reader) => T {
  const generator = new ReadGenerator(version, flexible)
  return generator.source.compile(generator.struct(fields), { EMPTY: Buffer.alloc(0) })
}

class ReadGenerator {
  readonly source = new Source()

  constructor(
    private readonly version: number,
    private readonly flexible: boolean,
  ) {}

  /** A function from a reader to the struct; returns its name. */
  struct(fields: Fields): string {
    const plan = planStruct(fields, this.version, this.flexible)
    const members = plan.fields.map((field) => {
      const inLine = field.present && field.tag === undefined
      return `${field.name}: ${inLine ? this.value(field) : this.fallback(field)},`
    })
    const body = [`const m = {`, ...members, `}`]
    if (plan.flexible) body.push(this.taggedFields(plan))
    body.push('return m')
    return this.source.add('struct', 'r', body.join('\n'))
  }

  private taggedFields(plan: StructPlan): string {
    const cases = plan.fields
      .filter((field) => field.present && field.tag !== undefined)
      .map((field) => `case ${field.tag}: m.${field.name} = ${this.value(field)}; break`)
    return `for (let n = r.uvarint('number of tags'); n > 0; n--) {
const tag = r.uvarint('tag')
const size = r.uvarint('size of a tag')
switch (tag) {
${cases.join('\n')}
default: (m.unknownTags ??= []).push(r.unknownTag(tag, size))
}
}`
  }

  private value(field: FieldPlan): string {
    const { name, type, nullable, compact } = field
    const label = JSON.stringify(name)
    switch (type.kind) {
      case 'struct': {
        const read = `${this.struct(type.fields)}(r)`
        if (!nullable) return read
        // The marker of a nullable struct is a varint where the struct is tagged, else a byte.
        const isNull = field.tag === undefined ? `r.int8(${label}) < 0` : `r.uvarint(${label}) <= 0`
        return `${isNull} ? null : ${read}`
      }
      case 'array':
        return `${this.array(name, type.element, nullable, compact)}(r)`
      case 'string':
      case 'bytes':
      case 'records':
        return `r.${sizedMethod(type.kind === 'string' ? 'string' : 'bytes', nullable, compact)}(${label})`
      default:
        return `r.${type.kind}(${label})`
    }
  }

  private array(name: string, element: WireType, nullable: boolean, compact: boolean): string {
    const label = JSON.stringify(name)
    const count = compact ? 'compactCount' : 'count'
    const item = elementPlan(name, element, compact)
    const body = `const n = r.${count}(${label}, ${minBytes(element, this.version, this.flexible)})
if (n < 0) return ${nullable ? 'null' : `r.failNull(${label})`}
const out = []
for (let i = 0; i < n; i++) out.push(${this.value(item)})
return out`
    return this.source.add('array', 'r', body)
  }

  private fallback(field: FieldPlan): string {
    if (field.fallback !== undefined) return literal(field.fallback)
    if (field.type.kind === 'array') return '[]'
    return field.type.kind === 'struct' ? `${this.defaults(field.type.fields)}()` : 'EMPTY'
  }

  /** A function that makes a struct of defaults; returns its name. */
  private defaults(fields: Fields): string {
    const plan = planStruct(fields, this.version, this.flexible)
    const members = plan.fields.map((field) => `${field.name}: ${this.fallback(field)},`)
    return this.source.add('defaults', '', `return {\n${members.join('\n')}\n}`)
  }
}

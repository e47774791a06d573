/** The functions of one generated codec, as they come into being. */
export class Source {
  private readonly functions: string[] = []

  /** Adds a function and returns its name. The body may use what was added before. */
  add(hint: string, parameters: string, body: string): string {
    const name = `${hint}${this.functions.length}`
    this.functions.push(`function ${name}(${parameters}) {\n${body}\n}`)
    return name
  }

  /** Compiles what was added and returns the function `entry`, which sees `scope` by its names. */
  compile<F>(entry: string, scope: Readonly<Record<string, unknown>>): F {
    const body = `'use strict'\n${this.functions.join('\n')}\nreturn ${entry}`
    // The source is made of our schemas alone; nothing that came over the wire gets into it.
    const factory = new Function(...Object.keys(scope), body)
    return factory(...Object.values(scope)) as F
  }
}

/** A default value as an expression. Arrays, structs and bytes are the generators' own affair. */
export function literal(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)
}

/** `string`, `nullableString`, `compactString`, `nullableCompactString`; the same for bytes. */
export function sizedMethod(kind: string, nullable: boolean, compact: boolean): string {
  const words = [...(nullable ? ['nullable'] : []), ...(compact ? ['compact'] : []), kind]
  return words.map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('')
}

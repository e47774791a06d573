export type MetricType = 'counter' | 'gauge' | 'summary'
export type Labels = Readonly<Record<string, string | number>>

/** Metrics in the text format of Prometheus, version 0.0.4. */
export class PrometheusText {
  readonly #lines: string[] = []

  /** A metric with all its samples. */
  metric(
    name: string,
    type: MetricType,
    help: string,
    samples: Iterable<readonly [labels: Labels, value: number]>,
  ): void {
    this.#lines.push(`# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`)
    this.#lines.push(`# TYPE ${name} ${type}`)
    for (const [labels, value] of samples) this.#lines.push(`${name}${labelsText(labels)} ${value}`)
  }

  /** One without labels. */
  gauge(name: string, help: string, value: number): void {
    this.metric(name, 'gauge', help, [[{}, value]])
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (text: string): string =>
  text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')

/** Figures of one round, by name. */
export type Figures = Readonly<Record<string, number>>

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

const rounded = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, '')

/** The figures of both brokers, round by round. */
export class Report {
  /** By the broker's name, in the order in which they were first heard of. */
  readonly #rounds = new Map<string, Figures[]>()

  /** Adds one round's figures, and prints them. */
  add(broker: string, figures: Figures): void {
    this.#rounds.set(broker, [...(this.#rounds.get(broker) ?? []), figures])
    const text = Object.entries(figures).map(([key, value]) => `${key} ${rounded(value)}`)
    console.log(`${broker}: ${text.join('; ')}`)
  }

  /** The medians of all rounds and the ratios of the first broker's to the second's, in Markdown. */
  table(): string {
    const [[first, ours], [second, theirs]] = [...this.#rounds] as [
      [string, Figures[]],
      [string, Figures[]],
    ]
    const names = [...new Set(ours.flatMap((round) => Object.keys(round)))]
    const lines = names.map((name) => {
      const of = (rounds: readonly Figures[]) => median(rounds.flatMap((each) => each[name] ?? []))
      const [a, b] = [of(ours), of(theirs)]
      return `| ${name} | ${rounded(a)} | ${rounded(b)} | ${(a / b).toFixed(2)} |`
    })
    return [`| | ${first} | ${second} | ratio |`, '| --- | ---: | ---: | ---: |', ...lines].join(
      '\n',
    )
  }
}

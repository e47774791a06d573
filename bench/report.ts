import type { Figures } from './measurements.js'

function medianOf(rounds: readonly Figures[], name: string): number {
  const values = rounds.flatMap((round) => round[name] ?? []).sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)]!
}

const rounded = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, '')

/** The medians of all rounds and their ratios, as a table in Markdown. */
export function report(samsa: readonly Figures[], kafka: readonly Figures[]): string {
  const names = [...new Set(samsa.flatMap((round) => Object.keys(round)))]
  const lines = names.map((name) => {
    const [ours, theirs] = [medianOf(samsa, name), medianOf(kafka, name)]
    return `| ${name} | ${rounded(ours)} | ${rounded(theirs)} | ${(ours / theirs).toFixed(2)} |`
  })
  return ['| | samsa | Apache Kafka | ratio |', '| --- | ---: | ---: | ---: |', ...lines].join('\n')
}

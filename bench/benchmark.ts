import type { Report } from './report.js'

export interface BenchmarkOptions {
  /** An empty directory, deleted afterwards. */
  readonly directory: string
  /** How often each figure is taken. */
  readonly rounds: number
  /** How long each load lasts. */
  readonly seconds: number
  /** How large the large log is. */
  readonly gigabytes: number
  readonly report: Report
}

/** Puts both brokers to the same work and adds what it saw to the report. */
export type Benchmark = (options: BenchmarkOptions) => Promise<void>

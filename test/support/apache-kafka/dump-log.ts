import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from './apache-kafka.js'

const LOG_FILES = /\.log$/
const INDEX_FILES = /\.(index|timeindex)$/
/** Producers' states, and which transactions were aborted. */
const OTHER_FILES = /\.(snapshot|txnindex)$/
const METADATA_SNAPSHOTS = /__cluster_metadata-0\/\d+-\d+\.checkpoint$/
/** Logs whose records the tool shows in words. */
const DECODERS = [
  { directory: /__cluster_metadata-0\/[^/]+$/, flag: '--cluster-metadata-decoder' },
  { directory: /__consumer_offsets-\d+\/[^/]+$/, flag: '--offsets-decoder' },
  { directory: /__transaction_state-\d+\/[^/]+$/, flag: '--transaction-log-decoder' },
]
const GAP = /^ *-?\d+ is followed by \d+$/
/** What is said of a log that isn't sound. A record's text may have lines of its own in between. */
const LOG_PROBLEMS = [
  /^baseOffset: .*isvalid: false/,
  /^Non-consecutive offsets in /,
  GAP,
  /^Found \d+ invalid bytes at the end of /,
  /^\| offset: .*? (key|payload): (Error at (offset )?|Unknown record type )\d+/,
  /^Exception in thread /,
  /^dump-log ended with /,
]
/** What is said of sound indexes and snapshots. */
const SOUND_LINES = [
  /^Dumping /,
  / passed sanity check\.$/,
  / is empty\.$/,
  /^producerId: /,
  /^version: \d+ producerId: /,
  /^\s*$/,
]
/** The tool takes it for a gap where a segment doesn't begin at offset 0. */
const BEGIN_TAKEN_FOR_GAP = /^ *-1 is followed by \d+$/
const GAPS_HEADING = /^Non-consecutive offsets in /

/** What Apache Kafka's `dump-log` says of the files of a data directory. */
export interface LogDump {
  /** Whatever isn't usual for sound files; empty when all are well. */
  readonly problems: readonly string[]
  /** Of all logs. */
  readonly batches: number
  readonly records: number
}

export interface DumpOptions {
  /** Topics in whose logs compaction has left gaps. */
  readonly compacted?: readonly string[]
}

/**
 * Lets `dump-log` look at all logs, indexes and producer snapshots under a data directory that no
 * broker has open: every batch is read, decompressed and checked, every index entry looked up.
 */
export async function dumpDataDirectory(
  directory: string,
  { compacted = [] }: DumpOptions = {},
): Promise<LogDump> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(directory, name),
  )
  const logs = files.filter((file) => LOG_FILES.test(file) || METADATA_SNAPSHOTS.test(file))
  const indexes = files.filter((file) => INDEX_FILES.test(file))
  const state = files.filter((file) => OTHER_FILES.test(file))
  const dump: string[] = []
  for (const { directory, flag } of [...DECODERS, { directory: /./, flag: '--print-data-log' }]) {
    const decodable = logs.filter((file) => directory.test(file))
    for (const file of decodable) logs.splice(logs.indexOf(file), 1)
    dump.push(...(await dumpLog(decodable, '--deep-iteration', flag)))
  }
  const others = [
    ...(await dumpLog(indexes, '--index-sanity-check')),
    ...(await dumpLog(indexes, '--verify-index-only')),
    ...(await dumpLog(state)),
  ]
  return {
    problems: [
      ...problemsOfLogs(dump, compacted),
      ...others.filter((line) => !SOUND_LINES.some((sound) => sound.test(line))),
    ],
    batches: dump.filter((line) => line.startsWith('baseOffset: ')).length,
    records: dump.filter((line) => line.startsWith('| ')).length,
  }
}

/** The lines that `dump-log` prints of some files, errors too. */
export async function dumpLog(files: readonly string[], ...flags: string[]): Promise<string[]> {
  if (files.length === 0) return []
  const result = await runTool('dump-log', ['--files', files.join(','), ...flags])
  const lines = `${result.stdout}\n${result.stderr}`.split('\n')
  return result.code === 0 ? lines : [...lines, `dump-log ended with ${result.code}`]
}

function problemsOfLogs(lines: readonly string[], compacted: readonly string[]): string[] {
  let ofCompacted = false
  return gaplessBegins(
    lines.filter((line) => {
      if (GAPS_HEADING.test(line)) ofCompacted = compacted.some((topic) => isOf(line, topic))
      if (ofCompacted && (GAPS_HEADING.test(line) || GAP.test(line))) return false
      return LOG_PROBLEMS.some((problem) => problem.test(line))
    }),
  )
}

const isOf = (line: string, topic: string): boolean =>
  /\/([^/]+)-\d+\/[^/]+$/.exec(line)?.[1] === topic

/** Without what isn't a gap. */
function gaplessBegins(problems: string[]): string[] {
  const gaps = problems.filter((line) => GAP.test(line))
  if (!gaps.every((line) => BEGIN_TAKEN_FOR_GAP.test(line))) return problems
  return problems.filter((line) => !BEGIN_TAKEN_FOR_GAP.test(line) && !GAPS_HEADING.test(line))
}

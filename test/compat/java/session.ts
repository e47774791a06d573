import { runTool, type Tool, type ToolResult } from '../../support/apache-kafka/apache-kafka.js'

/** What a tool did, without what is different each time. */
export interface Step {
  readonly command: string
  readonly code: number | null
  readonly output: readonly string[]
}

/** The broker that the tools are used on. */
export interface Subject {
  readonly bootstrapServers: string
  /** Where its partitions' directories are. */
  readonly dataDirectory: string
  /** Stops it, so that its files are as a clean end leaves them. */
  stop(): Promise<void>
}

export interface ToolOptions {
  readonly input?: string
  /** The lines come in no particular order. */
  readonly sorted?: boolean
  /** What is kept of the output, where most of it is times and speeds. */
  readonly keep?: (lines: readonly string[]) => readonly string[]
}

const TOOL_TIMEOUT_MS = 60_000
const NOISE = [/^\[.*\] (INFO|WARN|ERROR) /, /^\s+at [\w.$/]+\(/, /^\s+\.\.\. \d+ more$/, /^SLF4J/]

/** Uses tools on one broker, one after the other, and keeps what they said. */
export class Session {
  readonly steps: Step[] = []

  constructor(readonly subject: Subject) {}

  /** Runs a tool with `--bootstrap-server`, and gives what it printed as it was. */
  async use(tool: Tool, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
    const server = ['--bootstrap-server', this.subject.bootstrapServers]
    return this.useAlone(tool, [...server, ...args], options)
  }

  /** As {@link use}, for a tool that isn't told where the broker is, or in another way. */
  async useAlone(
    tool: Tool,
    args: readonly string[],
    { input, sorted, keep = (lines) => lines }: ToolOptions = {},
  ): Promise<ToolResult> {
    const result = await runTool(tool, args, {
      timeoutMs: TOOL_TIMEOUT_MS,
      ...(input !== undefined && { input }),
    })
    const lines = keep(this.#linesOf(`${result.stdout}\n${result.stderr}`))
    this.steps.push({
      command: this.#linesOf([tool, ...args].join(' ')).join(' '),
      code: result.code,
      output: sorted ? [...lines].sort() : lines,
    })
    return result
  }

  #linesOf(text: string): string[] {
    return text
      .split('\n')
      .filter((line) => !NOISE.some((noise) => noise.test(line)))
      .map((line) => this.#withoutWhatChanges(line))
      .filter((line) => line !== '')
  }

  #withoutWhatChanges(line: string): string {
    const { bootstrapServers, dataDirectory } = this.subject
    const [host = '', port = ''] = bootstrapServers.split(':')
    return line
      .replaceAll(dataDirectory, '<data>')
      .replaceAll(bootstrapServers, '<broker>')
      .replaceAll(`${host}    ${port}`, '<broker>')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
      .replace(/TopicId: [\w-]{22}/g, 'TopicId: <id>')
      .replace(/(CreateTime|LogAppendTime|timestamp): ?\d{13}/g, '$1: <time>')
      .replace(/"timestamp":\d{13}/g, '"timestamp":0')
      .replace(/\s+/g, ' ')
      .trim()
  }
}

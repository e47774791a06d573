/** What became of one test of an example. */
export interface ReportedTest {
  readonly name: string
  /** What its runner says of it; undefined when it passed. */
  readonly failure: string | undefined
}

const TEST_CASE = /<testcase\b((?:"[^"]*"|[^>"])*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g
const FAILURE = /<(failure|error|skipped)\b[\s\S]*$/

/** Tests in a report in JUnit's format. */
export function junitTests(xml: string): ReportedTest[] {
  return [...xml.matchAll(TEST_CASE)].map(([, attributes, content]) => ({
    name: unescaped(/\bname="([^"]*)"/.exec(attributes!)?.[1] ?? ''),
    failure: FAILURE.exec(content ?? '')?.[0],
  }))
}

function unescaped(text: string): string {
  const characters: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replace(/&(\w+);/g, (entity, name) => characters[name] ?? entity)
}

/** Tests in what jest writes with `--json`. */
export function jestTests(json: string): ReportedTest[] {
  const { testResults } = JSON.parse(json) as {
    testResults: {
      assertionResults: { title: string; status: string; failureMessages: string[] }[]
    }[]
  }
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ title, status, failureMessages }) => ({
      name: title,
      failure: status === 'passed' ? undefined : failureMessages.join('\n') || status,
    }))
}

import { commandEnvironment, copyExample, reportIn, tryExample } from './example.js'
import { junitTests } from './report.js'

const env = await commandEnvironment()
await tryExample(copyExample('java-junit'), {
  command: 'mvn',
  args: ['-q', '-B', 'test'],
  env,
  report: reportIn('target/surefire-reports/TEST-shop.PaymentServiceTest.xml', junitTests),
})

import t from 'tap'
import { commandEnvironment, copyExample, reportIn, tryExample } from './example.js'
import { junitTests } from './report.js'

t.test('the Java client with JUnit', async (t) => {
  const env = await commandEnvironment(t)
  await tryExample(t, copyExample(t, 'java-junit'), {
    command: 'mvn',
    args: ['-q', '-B', 'test'],
    env,
    report: reportIn('target/surefire-reports/TEST-shop.PaymentServiceTest.xml', junitTests),
  })
})

import t from 'tap'
import { type DelayedOperation, Purgatory } from '../../../src/broker/purgatory.js'
import { ManualClock } from '../storage/storage-fixture.js'

/** Can be completed once it is told so. */
class Switch implements DelayedOperation {
  isOn = false
  readonly ends: string[] = []

  tryComplete(): boolean {
    if (this.isOn) this.ends.push('completed')
    return this.isOn
  }

  onExpiration(): void {
    this.ends.push('expired')
  }
}

function rig() {
  const clock = new ManualClock()
  return { clock, purgatory: new Purgatory<string>(clock), operation: new Switch() }
}

t.test('an operation that can be completed does not wait', async (t) => {
  const { clock, purgatory, operation } = rig()
  operation.isOn = true
  purgatory.tryCompleteElseWatch(operation, ['a'], 100)
  t.strictSame(operation.ends, ['completed'])
  t.equal(purgatory.size, 0)
  t.equal(clock.pendingTimers, 0)
})

t.test('one that waits is completed once, through any of its keys', async (t) => {
  const { clock, purgatory, operation } = rig()
  purgatory.tryCompleteElseWatch(operation, ['a', 'b'], 100)
  purgatory.checkAndComplete('b')
  t.strictSame(operation.ends, [])
  operation.isOn = true
  purgatory.checkAndComplete('c')
  t.strictSame(operation.ends, [])
  purgatory.checkAndComplete('b')
  purgatory.checkAndComplete('a')
  clock.advance(1000)
  t.strictSame(operation.ends, ['completed'])
  t.equal(purgatory.size, 0)
  t.equal(clock.pendingTimers, 0)
})

t.test('its time is up', async (t) => {
  const { clock, purgatory, operation } = rig()
  purgatory.tryCompleteElseWatch(operation, ['a'], 100)
  clock.advance(99)
  t.strictSame(operation.ends, [])
  clock.advance(1)
  operation.isOn = true
  purgatory.checkAndComplete('a')
  t.strictSame(operation.ends, ['expired'])
  t.equal(purgatory.size, 0)
})

t.test('one that was cancelled never ends', async (t) => {
  const { clock, purgatory, operation } = rig()
  const cancel = purgatory.tryCompleteElseWatch(operation, ['a'], 100)
  cancel()
  cancel()
  operation.isOn = true
  purgatory.checkAndComplete('a')
  clock.advance(1000)
  t.strictSame(operation.ends, [])
  t.equal(clock.pendingTimers, 0)
})

t.test('an operation may be completed while another is', async (t) => {
  const { purgatory, operation } = rig()
  const second = new Switch()
  const first: DelayedOperation = {
    tryComplete: () => operation.isOn,
    onExpiration: () => {},
  }
  purgatory.tryCompleteElseWatch(first, ['a'], 100)
  purgatory.tryCompleteElseWatch(second, ['a'], 100)
  operation.isOn = true
  second.isOn = true
  purgatory.checkAndComplete('a')
  t.strictSame(second.ends, ['completed'])
  t.equal(purgatory.size, 0)
})

t.test('when it is closed nothing waits any more', async (t) => {
  const { clock, purgatory, operation } = rig()
  purgatory.tryCompleteElseWatch(operation, ['a'], 100)
  purgatory.close()
  t.strictSame(operation.ends, ['expired'])
  const late = new Switch()
  purgatory.tryCompleteElseWatch(late, ['a'], 100)
  t.strictSame(late.ends, ['expired'])
  t.equal(clock.pendingTimers, 0)
})

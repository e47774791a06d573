import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lockDirectory } from '../../../src/env/disk-lock.js'
import { type Teardown, temporaryDirectory } from '../../support/teardown.js'

function directoryFor(t: Teardown, name = 'data'): string {
  const root = temporaryDirectory(t)
  const path = join(root, name)
  mkdirSync(path)
  return path
}

/** A process that holds the directory until it is killed; its first line says that it does. */
async function holderOf(path: string) {
  const script = `
    import { lockDirectory } from ${JSON.stringify(new URL('../../../src/env/disk-lock.js', import.meta.url).href)}
    await lockDirectory(${JSON.stringify(path)})
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

t.test('a directory is held until it is given back', async (t) => {
  const path = directoryFor(t)
  const lock = await lockDirectory(path)
  await t.rejects(lockDirectory(path), { code: 'ELOCKED', message: /in use by another/ })
  const other = directoryFor(t)
  const second = await lockDirectory(other)
  lock.release()
  for (let i = 0; i < 3; i++) (await lockDirectory(path)).release()
  await t.rejects(lockDirectory(other), { code: 'ELOCKED' })
  second.release()
})

t.test('a path that is too long for a socket is held too', async (t) => {
  const path = directoryFor(t, 'x'.repeat(150))
  const lock = await lockDirectory(path)
  await t.rejects(lockDirectory(path), { code: 'ELOCKED' })
  lock.release()
  ;(await lockDirectory(path)).release()
})

t.test('another process holds it until it dies, however it dies', async (t) => {
  const path = directoryFor(t)
  const holder = await holderOf(path)
  await t.rejects(lockDirectory(path), { code: 'ELOCKED', message: new RegExp(`${holder.pid}`) })
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = await lockDirectory(path)
  lock.release()
})

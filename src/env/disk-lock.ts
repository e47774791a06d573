import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { DiskError, type DiskLock } from './disk.js'

/** The file that Apache Kafka locks (java.nio `FileChannel.lock`). */
const KAFKA_LOCK_FILE = '.lock'
const SOCKET_FILE = '.samsa.sock'
/** Longest path of a Unix socket, less its terminator and some room for smaller systems. */
const MAX_SOCKET_PATH_BYTES = 100
/** open(2)'s O_EXLOCK of macOS; libuv's UV_FS_O_EXLOCK of Windows (the file isn't shared). */
const EXCLUSIVE_LOCK = { darwin: 0x20, win32: 0x10000000 } as const

/**
 * Holds a directory for this process, by means that the system takes back when the process dies.
 *
 * Linux: a listening socket. Its abstract name, made of the directory's device and inode, is
 * exclusive without races, but belongs to a network namespace; a socket file in the directory is seen
 * from other containers too. A running Apache Kafka's lock is seen in /proc/locks. macOS and Windows:
 * an exclusive open of the file that Kafka locks, so that each keeps out the other.
 */
export async function lockDirectory(path: string): Promise<DiskLock> {
  if (process.platform === 'darwin' || process.platform === 'win32') {
    return lockByFile(path, EXCLUSIVE_LOCK[process.platform])
  }
  refuseIfKafkaHolds(path)
  const stat = fs.statSync(path, { bigint: true })
  const name = await listen(`\0samsa-${stat.dev}-${stat.ino}`)
  if (name === undefined) throw await heldError(path, `\0samsa-${stat.dev}-${stat.ino}`)
  try {
    const file = await lockBySocketFile(path)
    return {
      release: () => {
        file.release()
        name.close()
      },
    }
  } catch (error) {
    name.close()
    throw error
  }
}

function lockByFile(path: string, exclusive: number): DiskLock {
  const { O_RDWR, O_CREAT, O_NONBLOCK } = fs.constants
  try {
    const fd = fs.openSync(
      join(path, KAFKA_LOCK_FILE),
      O_RDWR | O_CREAT | (O_NONBLOCK ?? 0) | exclusive,
    )
    return { release: () => fs.closeSync(fd) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EAGAIN' || code === 'EBUSY') {
      throw new DiskError('ELOCKED', `${path} is in use by another broker`)
    }
    throw new DiskError(code ?? 'EIO', (error as Error).message, { cause: error })
  }
}

function refuseIfKafkaHolds(path: string): void {
  const stat = fs.statSync(join(path, KAFKA_LOCK_FILE), { throwIfNoEntry: false, bigint: true })
  if (stat === undefined) return
  const major = (stat.dev >> 8n) & 0xfffn
  const minor = (stat.dev & 0xffn) | ((stat.dev >> 12n) & 0xfff00n)
  const hex = (value: bigint): string => value.toString(16).padStart(2, '0')
  const inode = `${hex(major)}:${hex(minor)}:${stat.ino}`
  let locks: string
  try {
    locks = fs.readFileSync('/proc/locks', 'utf8')
  } catch {
    return
  }
  const held = locks.split('\n').find((line) => line.split(/\s+/).includes(inode))
  if (held === undefined) return
  const pid = held.split(/\s+/)[4]
  throw new DiskError('ELOCKED', `${path} is in use by Apache Kafka (process ${pid})`)
}

/** @returns undefined when somebody listens there already */
function listen(path: string): Promise<net.Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.end(`${process.pid}`)
    })
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(path, () => {
      server.unref()
      resolve(server)
    })
  })
}

/** The process that listens there; undefined when none does. */
function holderOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let pid = ''
    const socket = net.connect(path)
    socket.on('data', (data) => {
      pid += data.toString('latin1').slice(0, 20)
    })
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(pid))
  })
}

async function heldError(path: string, socketPath: string): Promise<DiskError> {
  const pid = await holderOf(socketPath)
  return new DiskError(
    'ELOCKED',
    `${path} is in use by another samsa (process ${pid || 'unknown'})`,
  )
}

async function lockBySocketFile(path: string): Promise<DiskLock> {
  let socketPath = join(path, SOCKET_FILE)
  let directory: number | undefined
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    directory = fs.openSync(path, 'r')
    socketPath = `/proc/self/fd/${directory}/${SOCKET_FILE}`
  }
  const closeDirectory = (): void => {
    if (directory !== undefined) fs.closeSync(directory)
    directory = undefined
  }
  try {
    let server = await listen(socketPath)
    if (server === undefined) {
      if ((await holderOf(socketPath)) !== undefined) throw await heldError(path, socketPath)
      // Its process has died. Nobody of this namespace can be here too: we have the abstract name.
      fs.rmSync(socketPath, { force: true })
      server = await listen(socketPath)
      if (server === undefined) throw await heldError(path, socketPath)
    }
    const held = server
    return {
      release: () => {
        held.close(closeDirectory)
      },
    }
  } catch (error) {
    closeDirectory()
    if (error instanceof DiskError) throw error
    // Some shared and network file systems have no sockets; the abstract name holds alone there.
    return { release: () => {} }
  }
}

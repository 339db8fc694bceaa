// Clients of the WebSocket for the acceptance tests: npm's `ws`, and bare frames over a TCP socket for what no
// proper client sends.

import { randomBytes } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import WebSocket from 'ws'

const kWaitMs = 60_000

export function check(what, actual, expected) {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what}: expected ${should} but got ${is}`)
}

export async function within(what, promise, ms = kWaitMs) {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`in vain: ${what}`)), ms) })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

// Polls until `look` gives something true, and gives that.
export async function until(what, look) {
  const deadline = Date.now() + kWaitMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

// Values that come, for a reader that takes them one by one.
class Queue {
  #values = []
  #readers = []
  put(value) {
    this.#readers.length > 0 ? this.#readers.shift()(value) : this.#values.push(value)
  }
  take(what) {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift())
    return within(what, new Promise((resolve) => this.#readers.push(resolve)))
  }
}

// ---- A proper client -------------------------------------------------------------------------------

export class Client {
  #messages = new Queue()

  constructor(url, protocols, options) {
    this.socket = new WebSocket(url, protocols, { perMessageDeflate: true, ...options })
    this.socket.on('message', (data, isBinary) => this.#messages.put(isBinary ? '(binary)' : data.toString()))
    this.socket.on('pong', (data) => this.#messages.put(`(pong ${data})`))
    this.closed = new Promise((resolve) => this.socket.on('close', (code, reason) => resolve(`${code} ${reason}`)))
    this.closed.then((how) => this.#messages.put(`(closed ${how})`))
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', resolve)
      this.socket.on('error', reject)
      this.socket.on('unexpected-response', (request, response) => {
        let text = ''
        response.on('data', (piece) => { text += piece })
        response.on('end', () => reject(Object.assign(new Error(`status ${response.statusCode}`), {
          status: response.statusCode, headers: response.headers, text })))
      })
    })
    this.opened.catch(() => {})
  }

  next() {
    return this.#messages.take('a message')
  }

  ask(prompt, conversation = 'new', parent = 'new') {
    this.socket.send(`<|ask|>$${conversation}$${parent}$${prompt}`)
    return this.answer()
  }

  // The answer under way: { pieces, text, conversation, parent }, or { error }.
  async answer() {
    const pieces = []
    for (;;) {
      const message = await this.next()
      if (message.startsWith('<|err|>$')) return { pieces, error: message.slice('<|err|>$'.length) }
      if (message.startsWith('(closed')) return { pieces, error: message }
      if (!message.startsWith('<|end|>$')) {
        pieces.push(message)
        continue
      }
      const [, conversation, parent, ...rest] = message.split('$')
      check('an end of two ids', rest, [])
      return { pieces, text: pieces.join(''), conversation, parent }
    }
  }

  async close(code) {
    this.socket.close(code)
    return within('the close', this.closed)
  }
}

export async function connect(url, { token, protocols = [], ...options } = {}) {
  const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...options.headers }
  const client = new Client(url, protocols, { ...options, headers })
  await within('the handshake', client.opened)
  return client
}

// The status with which a handshake is refused, and what is said.
export async function refusal(url, options) {
  return connect(url, options).then(
    (client) => { client.socket.terminate(); return { status: 101 } },
    (error) => { if (!error.status) throw error; return error })
}

// ---- Bare frames -----------------------------------------------------------------------------------

export function frame({ opcode = 1, payload = '', fin = true, rsv = 0, masked = true, lengthBytes, declared }) {
  const body = Buffer.from(payload)
  const length = BigInt(declared ?? body.length)
  const bytes = lengthBytes ?? (length < 126n ? 0 : length < 65536n ? 2 : 8)
  const head = Buffer.alloc(2 + bytes)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (masked ? 0x80 : 0) | (bytes === 0 ? Number(length) : bytes === 2 ? 126 : 127)
  if (bytes === 2) head.writeUInt16BE(Number(length), 2)
  if (bytes === 8) head.writeBigUInt64BE(length, 2)
  if (!masked) return Buffer.concat([head, body])
  const mask = randomBytes(4)
  return Buffer.concat([head, mask, body.map((byte, i) => byte ^ mask[i % 4])])
}

export function closePayload(code, reason = '') {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])
}

export class BareClient {
  #frames = new Queue()
  #bytes = Buffer.alloc(0)
  #isOpen = false

  // `url`: ws://127.0.0.1:PORT/PATH, or wss.
  constructor(url, token) {
    const { protocol, hostname: host, port, pathname: path } = new URL(url)
    this.socket = (protocol === 'wss:' ? tls : net).connect({ port, host, noDelay: true })
    this.socket.on('error', () => {})
    this.socket.on('data', (data) => { this.#bytes = Buffer.concat([this.#bytes, data]); this.#read() })
    this.socket.on('close', () => this.#frames.put('end'))
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
      `Authorization: Bearer ${token}\r\n\r\n`)
  }

  #read() {
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#frames.put(this.#bytes.subarray(0, end).toString().split(' ', 2)[1])
      this.#bytes = this.#bytes.subarray(end + 4)
      this.#isOpen = true
    }
    for (;;) {
      if (this.#bytes.length < 2) return
      const short = this.#bytes[1]
      const begin = short === 126 ? 4 : short === 127 ? 10 : 2
      if (this.#bytes.length < begin) return
      const length = short === 126 ? this.#bytes.readUInt16BE(2)
        : short === 127 ? Number(this.#bytes.readBigUInt64BE(2)) : short
      if (this.#bytes.length < begin + length) return
      const payload = this.#bytes.subarray(begin, begin + length)
      const opcode = this.#bytes[0] & 15
      if ((this.#bytes[0] & 0xf0) !== 0x80) throw new Error('the server fragments, or sets a reserved bit')
      this.#frames.put(opcode === 8 ? `close ${length < 2 ? 'bare' : payload.readUInt16BE(0)}`
        : opcode === 10 ? `pong ${payload}` : opcode === 9 ? 'ping' : `text ${payload}`)
      this.#bytes = this.#bytes.subarray(begin + length)
    }
  }

  // What comes next: the status first, then frames as `text ...`, `pong ...`, `close CODE`; `end`.
  next() {
    return this.#frames.take('a frame')
  }

  send(...frames) {
    this.socket.write(Buffer.concat(frames.map((one) => (Buffer.isBuffer(one) ? one : frame(one)))))
  }
}

export async function connectBare(url, token) {
  const client = new BareClient(url, token)
  check('the handshake', await client.next(), '101')
  return client
}

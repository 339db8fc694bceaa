// A TLS client that says only its first word, as libraries of today no longer would: offers one
// version and any suites, and tells what the server makes of them.
//
//   tls_hello.mjs PORT VERSION SUITE...   prints `hello VERSION SUITE`, `alert NUMBER` or `closed`
//   tls_hello.mjs PORT hold COUNT         says it on so many connections, then prints `held` and
//                                         holds them until it is ended; prints `ended N` when the
//                                         server has closed all of them
//
// Versions and suites are hexadecimal, as the wire has them: 0303 is TLS 1.2.

import { connect } from 'node:net'

const [port, first, ...rest] = process.argv.slice(2)

const bytes = (size, number) => {
  const buffer = Buffer.alloc(size)
  buffer.writeUIntBE(number, 0, size)
  return buffer
}
const sized = (size, ...parts) => {
  const content = Buffer.concat(parts)
  return Buffer.concat([bytes(size, content.length), content])
}
const extension = (type, ...parts) => Buffer.concat([bytes(2, type), sized(2, ...parts)])

function hello(version, suites) {
  const extensions = [
    extension(10, sized(2, Buffer.from('001d00170018', 'hex'))), // groups
    extension(11, sized(1, bytes(1, 0))), // uncompressed points
    extension(13, sized(2, Buffer.from('04030503060308040805080604010501060102010203', 'hex'))), // signatures
    extension(0xff01, bytes(1, 0)), // renegotiation, the first time
  ]
  const body = Buffer.concat([
    bytes(2, version),
    Buffer.alloc(32, 7), // random
    bytes(1, 0), // no session
    sized(2, Buffer.from(suites.join(''), 'hex')),
    Buffer.from('0100', 'hex'), // no compression
    sized(2, ...extensions),
  ])
  const message = Buffer.concat([bytes(1, 1), sized(3, body)])
  return Buffer.concat([bytes(1, 22), bytes(2, Math.min(version, 0x0301)), sized(2, message)])
}

function say(words, onEnd) {
  const socket = connect(Number(port), '127.0.0.1')
  let answer = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('connect', () => socket.write(words))
  socket.on('data', (data) => {
    answer = Buffer.concat([answer, data])
  })
  socket.on('close', () => onEnd(answer))
  return { socket, answer: () => answer }
}

function verdict(answer) {
  if (answer.length < 7) return 'closed'
  if (answer[0] === 21) return `alert ${answer[6]}`
  const session = answer[43] // behind record and message heads, version and random
  return `hello ${answer.toString('hex', 9, 11)} ${answer.toString('hex', 44 + session, 46 + session)}`
}

if (first === 'hold') {
  let closed = 0
  const all = Array.from({ length: Number(rest[0]) }, () =>
    say(hello(0x0303, ['c02b', 'c02f']), () => {
      if (++closed === all.length) console.log(`ended ${closed}`)
    }),
  )
  const poll = setInterval(() => {
    if (!all.every(({ answer }) => answer().length > 0)) return
    clearInterval(poll)
    console.log('held')
  }, 20)
} else {
  const words = hello(parseInt(first, 16), rest)
  const { socket, answer } = say(words, (all) => console.log(verdict(all)))
  const poll = setInterval(() => {
    if (answer().length < 80 && answer()[0] !== 21 && !socket.destroyed) return
    clearInterval(poll)
    socket.destroy()
  }, 20)
}

// Each rule of RFC 6455 for what a client may send, over the wire: what breaks it is closed with the right code
// and nothing is asked; what keeps it is answered. Arguments: url, token.

import { BareClient, check, closePayload, connectBare, frame } from './websocket.mjs'

const [url, token] = process.argv.slice(2)
const kAsk = '<|ask|>$new$new$Hello'
const text = (payload) => ({ payload })
const part = (opcode, payload, fin = false) => ({ opcode, payload, fin })
const close = (payload) => ({ opcode: 8, payload })

async function expectClose(what, frames, code) {
  const client = await connectBare(url, token)
  client.send(...frames)
  check(what, [await client.next(), await client.next()], [`close ${code}`, 'end'])
}

// The gateway sends no question upstream before the message is whole, so what precedes a fault costs nothing.
const kFaults = {
  'an unmasked frame': [[{ payload: kAsk, masked: false }], 1002],
  'an unmasked empty frame': [[{ masked: false }], 1002],
  'a first reserved bit': [[{ payload: kAsk, rsv: 4 }], 1002],
  'a second reserved bit': [[{ payload: kAsk, rsv: 2 }], 1002],
  'a third reserved bit': [[{ payload: kAsk, rsv: 1 }], 1002],
  'a reserved bit of a ping': [[{ opcode: 9, rsv: 4 }], 1002],
  'nothing to continue': [[part(0, 'a', true)], 1002],
  'a message in another': [[part(1, 'a'), text('b')], 1002],
  'a fragmented ping': [[part(9, 'a')], 1002],
  'a long ping': [[{ opcode: 9, payload: 'x'.repeat(126) }], 1002],
  'a fragmented close': [[part(8, closePayload(1000))], 1002],
  'a length in too many bytes': [[{ payload: kAsk, lengthBytes: 2 }], 1002],
  'a length in far too many bytes': [[{ payload: kAsk, lengthBytes: 8 }], 1002],
  'a negative length': [[{ lengthBytes: 8, declared: 1n << 63n }], 1002],
  'the largest length': [[{ lengthBytes: 8, declared: (1n << 63n) - 1n }], 1009],
  'a message over the limit': [[{ payload: 'x'.repeat((1 << 20) + 1) }], 1009],
  'fragments over the limit': [[part(1, 'x'.repeat(1 << 20)), part(0, 'x', true)], 1009],
  'a binary message': [[{ opcode: 2, payload: kAsk }], 1003],
  'half a code': [[close('\x03')], 1002],
  'an unfinished character': [[{ payload: Buffer.from([0xe2, 0x82]) }], 1007],
  'a surrogate': [[{ payload: Buffer.from([0xed, 0xa0, 0x80]) }], 1007],
  'a wrong split character': [[part(1, Buffer.from([0xe2, 0x82])), part(0, Buffer.from([0x28]), true)], 1007],
  'a reason that is no text': [[close(closePayload(1000, Buffer.from([0xff])))], 1007],
  'bytes of another protocol': [[Buffer.from('GET / HTTP/1.1\r\n\r\n')], 1002],
}
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) kFaults[`opcode ${opcode}`] = [[{ opcode }], 1002]
for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535]) {
  kFaults[`close ${code}`] = [[close(closePayload(code))], 1002]
}
for (const [what, [frames, code]] of Object.entries(kFaults)) await expectClose(what, frames, code)

for (const code of [1000, 1001, 1003, 1007, 1011, 1012, 3000, 4999]) {
  await expectClose(`close ${code}`, [close(closePayload(code, 'bye €'))], code)
}
await expectClose('a bare close', [close('')], 'bare')
await expectClose('a close in the middle of a message', [part(1, 'a'), close(closePayload(1000))], 1000)
await expectClose('data after a close', [close(closePayload(1000)), text(kAsk), Buffer.from('garbage')], 1000)

async function answer(client) {
  for (;;) {
    const message = await client.next()
    if (!message.startsWith('text ') || message.startsWith('text <|')) return message.slice(0, 'text <|end|>'.length)
  }
}

// A question in every framing that is allowed, and at each length at which the head changes.
const proper = await connectBare(url, token)
const euro = Buffer.from(`${kAsk} €`)
proper.send(text(''), { opcode: 9, payload: '' }, { opcode: 10, payload: 'unasked' })
check('an empty ping goes first', await proper.next(), 'pong ')
check('an empty message', await answer(proper), 'text <|err|>')
proper.send(part(1, ''), part(0, euro.subarray(0, euro.length - 2)), { opcode: 9, payload: 'x'.repeat(125) },
  part(0, euro.subarray(euro.length - 2)), part(0, '', true))
check('the pong comes before the message is whole', await proper.next(), `pong ${'x'.repeat(125)}`)
check('a fragmented question', await answer(proper), 'text <|end|>')
for (const length of [125, 126, 127, 128, 65535, 65536]) {
  proper.send(text(kAsk + 'word '.repeat(length).slice(0, length - kAsk.length)))
  check(`a question of ${length} bytes`, await answer(proper), length < 4000 ? 'text <|end|>' : 'text <|err|>')
}
for (const byte of frame(text(`${kAsk} slowly`))) proper.send(Buffer.from([byte]))
check('a question byte by byte', await answer(proper), 'text <|end|>')
proper.send(close(closePayload(1000)))
check('the end', [await proper.next(), await proper.next()], ['close 1000', 'end'])

// Frames that are cut off by the end of the connection.
for (const bytes of [1, 2, 5, 8, 20]) {
  const client = await connectBare(url, token)
  client.socket.end(frame(text(kAsk)).subarray(0, bytes))
  check(`a frame cut after ${bytes} bytes`, await client.next(), 'end')
}

// Frames that come with the handshake, before it is answered.
const early = new BareClient(url, token)
early.send(text(kAsk))
check('the handshake', await early.next(), '101')
check('an early question', await answer(early), 'text <|end|>')
early.socket.destroy()

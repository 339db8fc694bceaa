// Calls that no library would make: node grpc_hostile.mjs ADDRESS TOKEN OTHER_TOKEN. Each must end, with a status
// that is expected of it; the connection must live on.
import http2 from 'node:http2'
import { gzipSync } from 'node:zlib'

const [address, token, late] = process.argv.slice(2)
const session = http2.connect(`http://${address}`)

const call = (bytes, headers = {}, end = true) =>
  new Promise(resolve => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/chat.Chat/Ask',
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
      ...headers,
    })
    let status
    let said = ''
    const note = seen => {
      status = seen['grpc-status'] ?? status ?? `http ${seen[':status']}`
      said += seen['grpc-message'] ?? ''
    }
    stream.on('response', note)
    stream.on('trailers', note)
    stream.on('error', error => (status ??= error.code))
    stream.on('close', () => resolve([String(status), said]))
    stream.on('data', bytes => (said += bytes.subarray(7)))
    end ? stream.end(bytes) : stream.write(bytes)
    if (!end) setTimeout(() => stream.close(http2.constants.NGHTTP2_CANCEL), 50)
  })

const framed = (bytes, flag = 0, length = bytes.length) => {
  const head = Buffer.alloc(5)
  head[0] = flag
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, bytes])
}
const question = text => {
  const length = []
  for (let rest = text.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([0x0a, ...length]), Buffer.from(text)])
}

const any = null // HTTP's or gRPC's own
const refused = '<|err|>'
const none = ['12', `${refused}a call has one question, no less and no more`]
const unparsable = ['13', `${refused}the question is no askrequest of chat.proto, or a text in it is no UTF-8`]
const empty = ['3', `${refused}the prompt is missing or empty`]
const answered = ['0', '']
const unimplemented = ['12', '']
const cases = [
  ['nothing at all', Buffer.alloc(0), {}, none],
  ['half a head', Buffer.from([0, 0, 0]), {}, none],
  ['less than promised', framed(question('Hi'), 0, 1000), {}, none],
  ['a length of 4 GB', framed(question('Hi'), 0, 0xffffffff), {}, none],
  ['no Protobuf', framed(Buffer.from('no protobuf at all')), {}, unparsable],
  ['a text cut short', framed(question('Hello').subarray(0, 4)), {}, unparsable],
  ['no UTF-8', framed(Buffer.from([0x0a, 2, 0xff, 0xfe])), {}, unparsable],
  ['no UTF-8 in an id', framed(Buffer.concat([question('Hi'), Buffer.from([0x12, 1, 0x80])])), {}, unparsable],
  ['an empty message', framed(Buffer.alloc(0)), {}, empty],
  ['an unknown flag', framed(question('Hi'), 7), {}, empty],
  ['two messages', Buffer.concat([framed(question('Hi')), framed(question('Ho'))]), {}, none],
  ['a message and half of one', Buffer.concat([framed(question('Hi')), Buffer.from([0, 0])]), {}, answered],
  ['compressed, unannounced', framed(gzipSync(question('Hi')), 1), {}, unparsable],
  ['said to be compressed, and is not', framed(question('Hi'), 1), {}, answered], // gRPC passes over that
  ['a bomb', framed(gzipSync(Buffer.alloc(50_000_000)), 1), { 'grpc-encoding': 'gzip' }, ['12', 'Compression']],
  ['an unknown method', framed(question('Hi')), { ':path': '/chat.Chat/Tell' }, unimplemented],
  ['an unknown service', framed(question('Hi')), { ':path': '/no.Service/Ask' }, unimplemented],
  ['a wrong deadline', framed(question('Hi')), { 'grpc-timeout': 'soon' }, answered],
  ['a deadline of none', framed(question('Hi')), { 'grpc-timeout': '0n', authorization: `Bearer ${late}` }, any],
  ['another type', framed(question('Hi')), { 'content-type': 'text/plain' }, answered],
  ['GET', Buffer.alloc(0), { ':method': 'GET' }, any],
  ['a well-formed one', framed(question('Hi')), {}, answered],
]
let failed = false
for (const [name, bytes, headers, expected] of cases) {
  const [status, said] = await call(bytes, headers)
  if (expected === any || (status === expected[0] && said.startsWith(expected[1]))) continue
  console.error(`${name}: ${status} ${said} instead of ${expected.join(' ')}`)
  failed = true
}
// Begun and given up, many times over.
await Promise.all(Array.from({ length: 300 }, () => call(framed(question('Hi')).subarray(0, 4), {}, false)))
const [status] = await call(framed(question('Hi')))
if (status !== '0') console.error(`in the end: ${status}`)
session.close()
process.exit(failed || status !== '0' ? 1 : 0)

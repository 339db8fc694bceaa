// Calls that no library would make: node grpc_hostile.mjs ADDRESS TOKEN. Each must end, with a status
// that is expected of it; the connection must live on.
import http2 from 'node:http2'
import { gzipSync } from 'node:zlib'

const [address, token] = process.argv.slice(2)
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
    const note = seen => (status = seen['grpc-status'] ?? status ?? `http ${seen[':status']}`)
    stream.on('response', note)
    stream.on('trailers', note)
    stream.on('error', error => (status ??= error.code))
    stream.on('close', () => resolve(String(status)))
    stream.resume()
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
const bad = ['2', '3', '8', '12', '13'] // by the step at which it is found out
const cases = [
  ['nothing at all', Buffer.alloc(0), {}, bad],
  ['half a head', Buffer.from([0, 0, 0]), {}, bad],
  ['less than promised', framed(question('Hi'), 0, 1000), {}, bad],
  ['a length of 4 GB', framed(question('Hi'), 0, 0xffffffff), {}, bad],
  ['no Protobuf', framed(Buffer.from('no protobuf at all')), {}, bad],
  ['no UTF-8', framed(Buffer.from([0x0a, 2, 0xff, 0xfe])), {}, bad],
  ['an unknown flag', framed(question('Hi'), 7), {}, bad],
  ['two messages', Buffer.concat([framed(question('Hi')), framed(question('Ho'))]), {}, ['0', ...bad]],
  ['compressed, unannounced', framed(gzipSync(question('Hi')), 1), {}, bad],
  ['a bomb', framed(gzipSync(Buffer.alloc(50_000_000)), 1), { 'grpc-encoding': 'gzip' }, bad],
  ['an unknown method', framed(question('Hi')), { ':path': '/chat.Chat/Tell' }, ['12']],
  ['an unknown service', framed(question('Hi')), { ':path': '/no.Service/Ask' }, ['12']],
  ['a wrong deadline', framed(question('Hi')), { 'grpc-timeout': 'soon' }, any],
  ['a deadline of none', framed(question('Hi')), { 'grpc-timeout': '0n' }, any],
  ['another type', framed(question('Hi')), { 'content-type': 'text/plain' }, any],
  ['GET', Buffer.alloc(0), { ':method': 'GET' }, any],
  ['a well-formed one', framed(question('Hi')), {}, ['0']],
]
let failed = false
for (const [name, bytes, headers, expected] of cases) {
  const status = await call(bytes, headers)
  if (expected === any || expected.includes(status)) continue
  console.error(`${name}: ${status} instead of ${expected.join(' or ')}`)
  failed = true
}
// Begun and given up, many times over.
await Promise.all(Array.from({ length: 300 }, () => call(framed(question('Hi')).subarray(0, 4), {}, false)))
const status = await call(framed(question('Hi')))
if (status !== '0') console.error(`in the end: ${status}`)
session.close()
process.exit(failed || status !== '0' ? 1 : 0)

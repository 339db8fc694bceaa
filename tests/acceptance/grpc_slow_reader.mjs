// A gRPC client that asks and then takes nothing: node grpc_slow_reader.mjs ADDRESS TOKEN. Ends
// with its connection.
import http2 from 'node:http2'

const [address, token] = process.argv.slice(2)
const prompt = Buffer.from('Hello')
const message = Buffer.concat([Buffer.from([0x0a, prompt.length]), prompt])
const head = Buffer.alloc(5)
head.writeUInt32BE(message.length, 1)

const session = http2.connect(`http://${address}`, { settings: { initialWindowSize: 1000 } })
const stream = session.request({
  ':method': 'POST',
  ':path': '/chat.Chat/Ask',
  'content-type': 'application/grpc',
  te: 'trailers',
  authorization: `Bearer ${token}`,
})
stream.pause()
stream.on('error', () => {})
session.on('error', () => process.exit(0))
stream.end(Buffer.concat([head, message]))

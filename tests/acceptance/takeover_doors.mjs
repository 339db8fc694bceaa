// takeover_doors.mjs WEBSOCKET GRPC TOKEN: clients that are there when the gateway is replaced. Prints what
// came true; a line on stdin tells that another process serves.

import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import { check, connect, within } from './websocket.mjs'

const [address, grpcAddress, token] = process.argv.slice(2)
const file = fileURLToPath(new URL('../../server/grpc/chat.proto', import.meta.url))
const { Chat } = grpc.loadPackageDefinition(loader.loadSync(file, { keepCase: true })).chat
// Each with a connection of its own.
const open = () =>
  new Chat(grpcAddress, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
const channel = open()

function askOverGrpc(channel) {
  const metadata = new grpc.Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  return new Promise((resolve) => {
    const call = channel.Ask({ prompt: 'Hello', conversation_id: '', parent_id: '' }, metadata)
    let messages = 0
    call.on('data', () => messages++)
    call.on('error', () => {})
    call.on('status', ({ code }) => resolve(`${code} ${messages}`))
  })
}

const busy = await connect(address, { token })
const answer = busy.ask('Hello') // the upstream stops in its middle
await new Promise((resolve) => busy.socket.once('message', resolve))
console.log('half an answer')
const idle = await connect(address, { token })
check('gRPC at first', await askOverGrpc(channel), '0 10')
let isOver = false
async function askAgainAndAgain() {
  const one = open()
  while (!isOver) check('one of many calls', await askOverGrpc(one), '0 10')
}
const many = Promise.all(Array.from({ length: 10 }, askAgainAndAgain))
console.log('all are there')

await new Promise((resolve) => process.stdin.once('data', resolve))
check('it is still open', idle.socket.readyState, idle.socket.OPEN)
check('its answer', (await idle.ask('Hello')).error, undefined)
const again = 'the gateway was upgraded: connect again'
check('its end', await within('the close', idle.closed), `1012 ${again}`)
const back = await connect(address, { token })
check('the new process', (await back.ask('Hello')).error, undefined)
check('which keeps it', back.socket.readyState, back.socket.OPEN)
await back.close(1000)
console.log('the idle one is answered and told to come back')
check('gRPC again', await askOverGrpc(channel), '0 10')
isOver = true
await many
console.log('gRPC on the old channel')

const { text, error } = await answer
check('the whole answer', [typeof text, error], ['string', undefined])
check('its end', await within('the close', busy.closed), `1012 ${again}`)
console.log('the other half, and told to come back')
process.exit(0)

// Questions over gRPC, one after another on each of some connections, until a file appears:
//
//   node grpc_load.mjs ADDRESS TOKEN CONNECTIONS STOP_FILE
//
// Prints how many were answered whole, and what became of the others, by their status. GRPC_CA as for
// grpc_client.mjs.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'

const [address, token, connections, stop_file] = process.argv.slice(2)
const file = fileURLToPath(new URL('../../server/grpc/chat.proto', import.meta.url))
const { Chat } = grpc.loadPackageDefinition(loader.loadSync(file, { keepCase: true })).chat
const credentials = process.env.GRPC_CA
  ? grpc.credentials.createSsl(readFileSync(process.env.GRPC_CA))
  : grpc.credentials.createInsecure()
const options = { 'grpc.ssl_target_name_override': 'localhost', 'grpc.use_local_subchannel_pool': 1 }
const metadata = new grpc.Metadata()
metadata.set('authorization', `Bearer ${token}`)

const ask = client =>
  new Promise(resolve => {
    let last = ''
    const call = client.Ask({ prompt: 'Hello' }, metadata, { deadline: Date.now() + 30_000 })
    call.on('data', ({ response }) => (last = response))
    call.on('error', () => {})
    call.on('status', ({ code, details }) =>
      resolve(code === 0 && last.startsWith('<|end|>') ? '' : `${grpc.status[code]}: ${details}`))
  })

let wholes = 0
const others = {}
await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    const client = new Chat(address, credentials, options)
    while (!existsSync(stop_file)) {
      const failure = await ask(client)
      failure ? (others[failure] = (others[failure] ?? 0) + 1) : wholes++
    }
    client.close()
  }),
)
console.log(wholes, JSON.stringify(others))

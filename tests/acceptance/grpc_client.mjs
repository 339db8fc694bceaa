// A gRPC client of another make (@grpc/grpc-js), for the scripts grpc_*.sh. Each verb prints one line
// of JSON for what it was told, or fails.
//
//   node grpc_client.mjs ADDRESS VERB [JSON]
//
// `ask`     {prompt, conversation_id, parent_id, token, metadata, deadline_ms, cancel_after, times}
//           times: so many calls at once, on one connection. cancel_after: after so many messages.
//           Prints {messages, code, details, trailer, head}, or a list of these.
// `health`  {service}
// `watch`   {service}: prints each status as it comes, until the call ends.
// `services`, `file` {symbol, version}: by reflection.
//
// With GRPC_CA, GRPC_CERT and GRPC_KEY the connection is encrypted.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'

const [address, verb, text] = process.argv.slice(2)
const options = text ? JSON.parse(text) : {}
const here = fileURLToPath(new URL('.', import.meta.url))
const load = file =>
  grpc.loadPackageDefinition(loader.loadSync(file, { keepCase: true, enums: String, defaults: true, oneofs: true }))

const read = name => (process.env[name] ? readFileSync(process.env[name]) : null)
const credentials = process.env.GRPC_CA
  ? grpc.credentials.createSsl(read('GRPC_CA'), read('GRPC_KEY'), read('GRPC_CERT'))
  : grpc.credentials.createInsecure()
const channel_options = { 'grpc.max_metadata_size': 1 << 20, 'grpc.max_send_message_length': -1 }
if (process.env.GRPC_CA) channel_options['grpc.ssl_target_name_override'] = 'localhost'
if (options.compress) channel_options['grpc.default_compression_algorithm'] = 2
const make = Client => new Client(address, credentials, channel_options)

const metadata_of = ({ token, metadata = {} }) => {
  const result = new grpc.Metadata()
  if (token) result.set('authorization', `Bearer ${token}`)
  for (const [name, value] of Object.entries(metadata)) result.set(name, value)
  return result
}

// Whatever happens to the call, what is known of it in the end.
const outcome_of = call =>
  new Promise(resolve => {
    const seen = { messages: [], head: {} }
    call.on('metadata', metadata => (seen.head = metadata.getMap()))
    call.on('data', message => {
      seen.messages.push(message.response ?? message)
      if (seen.messages.length === options.cancel_after) call.cancel()
    })
    call.on('error', () => {})
    call.on('status', status =>
      resolve({
        ...seen,
        code: grpc.status[status.code],
        details: status.details,
        trailer: status.metadata.getMap(),
      }))
  })

const ask = async client => {
  const { prompt = 'Hello', conversation_id = '', parent_id = '', deadline_ms, times } = options
  const deadline = deadline_ms ? { deadline: Date.now() + deadline_ms } : {}
  const once = () =>
    outcome_of(client.Ask({ prompt, conversation_id, parent_id }, metadata_of(options), deadline))
  return times ? Promise.all(Array.from({ length: times }, once)) : once()
}

const unary = (client, method, request) =>
  new Promise((resolve, reject) =>
    client[method](request, (error, answer) => (error ? reject(error) : resolve(answer))))

const reflect = async request => {
  const version = options.version ?? 'v1'
  const root = load(`${process.env.GRPC_PROTOS}/reflection_${version}.proto`)
  const client = make(root.grpc.reflection[version].ServerReflection)
  const call = client.ServerReflectionInfo()
  const answer = await new Promise((resolve, reject) => {
    call.on('data', resolve)
    call.on('error', reject)
    call.write(request)
  })
  call.end()
  return answer
}

const verbs = {
  async ask() {
    return ask(make(load(`${here}/../../server/grpc/chat.proto`).chat.Chat))
  },
  async health() {
    const client = make(load(`${here}/health.proto`).grpc.health.v1.Health)
    return unary(client, 'Check', { service: options.service ?? '' })
  },
  async watch() {
    const client = make(load(`${here}/health.proto`).grpc.health.v1.Health)
    const call = client.Watch({ service: options.service ?? '' })
    call.on('data', ({ status }) => console.log(JSON.stringify(status)))
    return (await outcome_of(call)).code
  },
  async services() {
    const answer = await reflect({ list_services: '' })
    return answer.list_services_response.service.map(({ name }) => name).sort()
  },
  async file() {
    const answer = await reflect({ file_containing_symbol: options.symbol })
    if (answer.error_response) return answer.error_response
    return answer.file_descriptor_response.file_descriptor_proto.map(bytes => bytes.toString('latin1'))
  },
}

const said = `${JSON.stringify(await verbs[verb]())}\n`
process.stdout.write(said, () => process.exit(0)) // a pipe takes it piece by piece

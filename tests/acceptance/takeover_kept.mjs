// takeover_kept.mjs GATEWAY TOKEN COUNT BODY: opens so many connections and keeps them, prints `connected`,
// and at the next line on stdin sends the chat on each of them and as many on new ones, all at once. Prints
// how many got which status; fails when a request gets no answer.

import http from 'node:http'
import https from 'node:https'

const [gateway, token, count, body] = process.argv.slice(2)
const web = gateway.startsWith('https:') ? https : http
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

function send(agent, method, path, content) {
  return new Promise((resolve, reject) => {
    const request = web.request(`${gateway}${path}`, { method, agent, headers, timeout: 60_000 }, (answer) => {
      answer.resume()
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode, reused: request.reusedSocket, answer }))
    })
    request.on('timeout', () => request.destroy(Error('timeout')))
    request.on('error', reject)
    request.end(content)
  })
}

const agents = Array.from({ length: Number(count) }, () => new web.Agent({ keepAlive: true, maxSockets: 1 }))
await Promise.all(agents.map((agent) => send(agent, 'GET', '/v1/models')))
console.log('connected')
await new Promise((resolve) => process.stdin.once('data', resolve))
const chats = [...agents, ...agents.map(() => new web.Agent())]
const answers = await Promise.all(chats.map((agent) => send(agent, 'POST', '/v1/chat/completions', body)))
const onKept = answers.filter(({ reused }) => reused)
if (onKept.length !== agents.length) throw Error(`${onKept.length} connections were kept`)
if (onKept.some(({ answer }) => answer.headers.connection !== 'close')) throw Error('one may be used again')
const counts = {}
for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
console.log(Object.entries(counts).map((entry) => entry.join(' ')).join(', '))
process.exit(0)

// takeover_spend.mjs GATEWAY TOKEN CLIENTS BODY: so many clients send the chat again and again, on kept
// connections, until SIGTERM. Prints how many were served; fails on another answer than 200 and 429.

import http from 'node:http'
import https from 'node:https'

const [gateway, token, clients, body] = process.argv.slice(2)
const web = gateway.startsWith('https:') ? https : http
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
let isStopped = false
process.on('SIGTERM', () => (isStopped = true))

function send(agent) {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers, timeout: 60_000 }
    const request = web.request(`${gateway}/v1/chat/completions`, options, (answer) => {
      answer.resume()
      answer.on('error', reject)
      answer.on('end', () => resolve(answer.statusCode))
    })
    request.on('timeout', () => request.destroy(Error('timeout')))
    request.on('error', reject)
    request.end(body)
  })
}

let served = 0
async function client() {
  const agent = new web.Agent({ keepAlive: true, maxSockets: 1 })
  while (!isStopped) {
    const status = await send(agent)
    if (status === 200) served++
    else if (status !== 429) throw Error(`status ${status}`)
    else await new Promise((next) => setTimeout(next, 50 + Math.random() * 100))
  }
  agent.destroy()
}
await Promise.all(Array.from({ length: Number(clients) }, client))
console.log(served)

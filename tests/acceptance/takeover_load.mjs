// takeover_load.mjs GATEWAY TOKEN SMALL SLOW CLIENTS STREAMS: keeps so many clients asking for the small
// model, each on a connection that it keeps as long as it is kept, and so many streams of the slow one,
// until SIGTERM. Prints the request id of each answer; fails at the first that is not whole.

import http from 'node:http'
import https from 'node:https'

const [gateway, token, small, slow, clients, streams] = process.argv.slice(2)
const web = gateway.startsWith('https:') ? https : http
const messages = [{ role: 'user', content: 'Hello' }]
let isStopped = false
process.on('SIGTERM', () => (isStopped = true))

function ask(agent, model, stream) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const options = { method: 'POST', agent, headers, timeout: 120_000 }
    const request = web.request(`${gateway}/v1/chat/completions`, options, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece) => (text += piece))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode, id: answer.headers['x-request-id'], text }))
    })
    request.on('timeout', () => request.destroy(Error('timeout')))
    request.on('error', reject)
    request.end(JSON.stringify({ model, stream, messages }))
  })
}

let eventsOfStream = 0
async function worker(model, stream) {
  const agent = new web.Agent({ keepAlive: true, maxSockets: 1 })
  while (!isStopped) {
    const { status, id, text } = await ask(agent, model, stream)
    if (status !== 200) throw Error(`status ${status}: ${text}`)
    if (stream) {
      const events = text.split('\n').filter((line) => line.startsWith('data: '))
      eventsOfStream ||= events.length
      if (events.at(-1) !== 'data: [DONE]' || events.length !== eventsOfStream) {
        throw Error(`${events.length} events instead of ${eventsOfStream}: ${events.at(-1)}`)
      }
    } else {
      JSON.parse(text)
      await new Promise((next) => setTimeout(next, Math.random() * 40))
    }
    console.log(id)
  }
  agent.destroy()
}

const workers = []
for (let i = 0; i < Number(streams); i++) workers.push(worker(slow, true))
for (let i = 0; i < Number(clients); i++) workers.push(worker(small, false))
await Promise.all(workers)

// Requests without a pause, each second one on a connection of its own, until the file STOP exists.
// Prints how many succeeded and what became of the others.
//
//   tls_load.mjs URL TOKEN STOP

import { existsSync } from 'node:fs'
import https from 'node:https'

const [url, token, stop] = process.argv.slice(2)
const kept = new https.Agent({ keepAlive: true })
const fresh = new https.Agent({ keepAlive: false, maxCachedSessions: 0 })

function ask(agent) {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` }
    const request = https.get(url, { agent, headers, timeout: 30_000 }, (answer) => {
      answer.resume()
      answer.on('close', () => resolve(answer.complete ? String(answer.statusCode) : 'cut'))
    })
    request.on('timeout', () => request.destroy(Error('timeout')))
    request.on('error', (error) => resolve(error.code ?? error.message))
  })
}

const outcomes = {}
async function work() {
  for (let i = 0; !existsSync(stop); ++i) {
    const outcome = await ask(i % 2 === 0 ? kept : fresh)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
}
await Promise.all(Array.from({ length: 4 }, work))
const { 200: good = 0, ...others } = outcomes
console.log(`${good} ${JSON.stringify(others)}`)
process.exit()

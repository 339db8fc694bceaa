// Opens so many idle WebSockets, in turn on both addresses, says so, and keeps them until its input ends. Each has
// asked a question before. Arguments: url, token, count.

import { connect } from './websocket.mjs'

const [url, token, count] = process.argv.slice(2)
const clients = []
for (let i = 0; i < Number(count); i += 50) {
  clients.push(...await Promise.all(Array.from({ length: 50 }, () => connect(url, { token }))))
}
if (process.argv[5] === 'ask') for (const client of clients) await client.ask('Hi')
console.log('open')
process.stdin.resume()
process.stdin.on('end', () => process.exit())

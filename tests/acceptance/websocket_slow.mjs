// Slow and silent clients. Arguments: what to do, url, token, upstream.

import { check, connect, connectBare, frame, until } from './websocket.mjs'

const [what, url, token, upstream] = process.argv.slice(2)
const kAsk = '<|ask|>$new$new$Hello'
const tell = (verb, body = {}) => fetch(`${upstream}/_${verb}`, { method: 'POST', body: JSON.stringify(body) })

if (what === 'idle') {
  const client = await connectBare(url, token) // answers no pings
  check('it is told', [await client.next(), await client.next()], ['close 1001', 'end'])
} else if (what === 'pings') {
  // Two pings may stay unanswered; whoever answers stays.
  const silent = await connectBare(url, token)
  const alive = await connect(url, { token })
  check('what a silent client sees', [await silent.next(), await silent.next(), await silent.next()],
    ['ping', 'ping', 'close 1001'])
  check('who answers stays', alive.socket.readyState, 1)
  await alive.close(1000)
} else if (what === 'trickle') {
  const client = await connectBare(url, token)
  const bytes = frame({ payload: kAsk })
  client.send(bytes.subarray(0, bytes.length - 1)) // and no more
  check('it is told', [await client.next(), await client.next()], ['close 1008', 'end'])
} else if (what === 'paused') {
  // Whoever takes nothing suspends its answer, here of messages of 1 MB: the upstream is held back, and in the end
  // the client is cut.
  await tell('next', { behaviour: 'endless+huge-event+chunks-1+no-usage+no-done' })
  const client = await connectBare(url, token)
  client.send({ payload: kAsk })
  await client.next()
  client.socket.pause()
  await until('it is cut off', async () => (await (await fetch(`${upstream}/_seen`)).json()).at(-1).outcome === 'left')
  client.socket.destroy()
} else if (what === 'flood') {
  // Pings whose answers nobody takes fill no memory, and questions beyond a few wait in the network.
  const client = await connectBare(url, token)
  client.socket.pause()
  const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame({ opcode: 9, payload: 'x'.repeat(125) })))
  let sent = 0
  while (sent < 500 && client.socket.writableLength < 1 << 20) {
    client.socket.write(pings)
    sent += 1
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  check('the gateway stops reading', client.socket.writableLength >= 1 << 20, true)
  console.log('flooded')
  await new Promise((resolve) => process.stdin.once('data', resolve))
  client.socket.destroy()
  process.exit()
}

// Clients that leave in the middle of an answer, or are heard while one is under way. Arguments: what to do, address
// of /ws, token, upstream.

import { check, closePayload, connect, connectBare, until } from './websocket.mjs'

const [what, url, token, upstream] = process.argv.slice(2)
const kAsk = '<|ask|>$new$new$Hello'
const tell = (verb, body = {}) => fetch(`${upstream}/_${verb}`, { method: 'POST', body: JSON.stringify(body) })
const waiting = async () => (await (await fetch(`${upstream}/_state`)).json()).waiting
const left = async () => (await (await fetch(`${upstream}/_seen`)).json()).at(-1).outcome === 'left'

// A client whose question has been answered halfway.
async function halfway() {
  await tell('next', { behaviour: 'stall-mid' })
  const client = await connectBare(url, token)
  client.send({ payload: kAsk })
  await until('half an answer', async () => (await waiting()) === 1)
  check('its first piece', (await client.next()).startsWith('text '), true)
  return client
}

const leaves = {
  close: (client) => client.send({ opcode: 8, payload: closePayload(1001) }),
  fault: (client) => client.send({ masked: false }),
  end: (client) => client.socket.end(),
  reset: (client) => (client.socket.encrypted ? client.socket.destroy() : client.socket.resetAndDestroy()),
  binary: (client) => client.send({ opcode: 2, payload: 'x' }),
}

if (what in leaves) {
  const client = await halfway()
  client.send({ payload: kAsk }, { payload: kAsk }) // these never begin
  leaves[what](client)
  await until('the upstream is let go', left)
} else if (what === 'heard') {
  // While an answer is under way pings are answered, and the next questions wait.
  const client = await halfway()
  while ((await waiting()) !== 1) await new Promise((resolve) => setTimeout(resolve, 10))
  for (let i = 0; i < 3; ++i) {
    client.send({ opcode: 9, payload: `${i}` }, { payload: `${kAsk} ${i}` })
    for (let said = ''; said !== `pong ${i}`;) said = await client.next()
  }
  await tell('release')
  for (let ends = 0; ends < 4;) if ((await client.next()).startsWith('text <|end|>')) ends += 1
  client.send({ opcode: 8, payload: closePayload(1000) })
  check('the end', [await client.next(), await client.next()], ['close 1000', 'end'])
} else if (what === 'waits-for-drain') {
  // An answer goes on to its end although the gateway stops; what waited behind it does not begin.
  const idle = await connect(url, { token })
  const client = await halfway()
  client.send({ payload: kAsk })
  console.log('ready')
  check('the idle one', await idle.closed, '1001 the gateway stops')
  await tell('release')
  let said = await client.next()
  while (said.startsWith('text ') && !said.startsWith('text <|end|>')) said = await client.next()
  check('the answer is whole', said.startsWith('text <|end|>'), true)
  check('and the end', await client.next(), 'close 1001')
  client.send({ opcode: 8, payload: closePayload(1001) })
  check('of all', await client.next(), 'end')
}

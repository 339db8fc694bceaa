// The WebSocket's dialogue with npm's client: questions in order, conversations, tokens wherever a client can put
// them, what is refused. Arguments: address of /ws, address of the port of its own, token, token of a poor user,
// upstream.

import { check, Client, connect, refusal, until, within } from './websocket.mjs'

const [main, own, token, poor, upstream] = process.argv.slice(2)
const gateway = main.replace(/^ws/, 'http').replace(/.ws$/, '')
const kText = 'The quick brown fox jumps over the lazy dog.'
const tell = (what, body = {}) => fetch(`${upstream}/_${what}`, { method: 'POST', body: JSON.stringify(body) })
const seen = async () => (await fetch(`${upstream}/_seen`)).json()
const lastPrompts = async () => JSON.parse((await seen()).at(-1).body).messages.map((message) => message.content)

// ---- Questions -------------------------------------------------------------------------------------

const client = await connect(main, { token })
check('no extension', client.socket.extensions, '')
const first = await client.ask('\n\nOne\n  \ntwo')
check('the text', first.text, kText)
check('in pieces', first.pieces.length > 3, true)
check('empty lines say nothing', await lastPrompts(), ['One\ntwo'])
const second = await client.ask('Three', first.conversation, first.parent)
check('one conversation', second.conversation, first.conversation)
check('continued', await lastPrompts(), ['One\ntwo', kText, 'Three'])
await client.ask('Four', first.conversation)
check('from the latest', await lastPrompts(), ['One\ntwo', kText, 'Three', kText, 'Four'])
await client.ask('Branch', first.conversation, first.parent)
check('a branch', await lastPrompts(), ['One\ntwo', kText, 'Branch'])
const empty = await client.ask('$HOME costs $5$\nand more', '', '')
check('dollars and lines of a prompt', await lastPrompts(), ['$HOME costs $5$\nand more'])
check('empty ids begin a conversation', empty.conversation === first.conversation, false)

// Two connections, one conversation; and the same over HTTP.
const other = await connect(`${own}/any/path?x=1`, { token })
await other.ask('Elsewhere', empty.conversation, empty.parent)
check('goes on elsewhere', (await lastPrompts()).length, 3)
const posted = await fetch(`${gateway}/ask/${first.conversation}`, {
  method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: '{"prompt":"By HTTP"}' })
check('goes on over HTTP', (await posted.json()).conversation_id, first.conversation)

// ---- What is refused, and that the connection goes on -----------------------------------------------

for (const wrong of ['Hello', '', '<|ask|>', '<|ask|>$', '<|ask|>$new$', '<|ask|>$new$new', '<|ASK|>$new$new$Hi',
  ' <|ask|>$new$new$Hi', '<|end|>$a$b']) {
  client.socket.send(wrong)
  const { error } = await client.answer()
  check(`'${wrong}' tells how to ask`, error.includes('<|ask|>$CONVERSATION$PARENT$PROMPT'), true)
}
check('an empty prompt', (await client.ask(' \n ')).error !== undefined, true)
const kUnknown = '00000000-0000-4000-8000-000000000000'
check('an unknown conversation', (await client.ask('Hi', kUnknown)).error !== undefined, true)
check('a strange id', (await client.ask('Hi', '../../etc')).error !== undefined, true)
await tell('next', { behaviour: 'status-500', times: 9 })
check('an upstream that fails', (await client.ask('Hi')).error.length > 10, true)
await tell('next', { behaviour: 'garbage', times: 9 })
check('an upstream that talks nonsense', (await client.ask('Hi')).error.length > 10, true)
await tell('reset')
await tell('next', { behaviour: 'cut-event' })
const cut = await client.ask('Hi')
check('an upstream that breaks off', [cut.pieces.length > 0, cut.error.includes('broke off')], [true, true])
check('and the next question is answered', (await client.ask('Hi')).text, kText)
const broke = await connect(main, { token: poor })
check('no balance', (await broke.ask('Hi')).error.includes('balance'), true)
check('and again', (await broke.ask('Hi')).error.includes('balance'), true)
check('the poor may go', await broke.close(1000), '1000 ')

// ---- In turn ---------------------------------------------------------------------------------------

await tell('reset')
for (let i = 0; i < 30; ++i) client.socket.send(`<|ask|>$new$new$Question ${i}`)
const conversations = new Set()
for (let i = 0; i < 30; ++i) conversations.add((await client.answer()).conversation)
check('30 at once, each a conversation', conversations.size, 30)
check('in their order', (await seen()).map((request) => JSON.parse(request.body).messages[0].content),
  Array.from({ length: 30 }, (_, i) => `Question ${i}`))

const big = `${'word '.repeat(1500)}€ 🙂`
await client.ask(big)
check('a big prompt', await lastPrompts(), [big])
check('one too big for the context', (await client.ask('word '.repeat(100_000))).error !== undefined, true)
check('pings', await (client.socket.ping('are you there'), client.next()), '(pong are you there)')

// ---- Who asks --------------------------------------------------------------------------------------

const asks = async (address, options) => {
  const one = await connect(address, options)
  const { text } = await one.ask('Hi')
  check('it closes', await one.close(4321), '4321 ')
  return [text, one.socket.protocol]
}
check('api-key', await asks(main, { headers: { 'api-key': token } }), [kText, ''])
check('?token=', await asks(`${main}?token=${token}`), [kText, ''])
check('?access_token=', await asks(`${main}/?x=1&access_token=${encodeURIComponent(token)}`), [kText, ''])
check('a subprotocol', await asks(main, { protocols: ['chatgate', token] }), [kText, 'chatgate'])
check('another one', await asks(main, { protocols: ['bearer', token] }), [kText, 'bearer'])
check('its own port', await asks(own, { protocols: ['chatgate', token] }), [kText, 'chatgate'])
check('the header goes first', await asks(`${main}?token=wrong`, { token }), [kText, ''])

for (const address of [main, own]) {
  for (const options of [{}, { token: 'sk-cg-wrong' }, { protocols: ['chatgate', 'sk-cg-wrong'] },
    { protocols: ['chatgate'] }, { headers: { Authorization: 'Basic YTpi' } }]) {
    const { status, headers, text } = await refusal(address, options)
    check('no token, no WebSocket', [status, headers['www-authenticate'], Object.keys(JSON.parse(text))],
      [401, 'Bearer', ['detail']])
  }
}
check('a wrong token in the query', (await refusal(`${main}?token=sk-cg-wrong`)).status, 401)

// ---- Which pages -----------------------------------------------------------------------------------

const from = (origin) => refusal(main, { token, origin })
check('an allowed page', (await from('https://app.example')).status, 101)
check("the gateway's own page", (await from(gateway)).status, 101)
for (const origin of ['https://evil.example', 'null', 'http://app.example', 'https://app.example.evil.example']) {
  check(`a page of ${origin}`, (await from(origin)).status, 403)
}

// ---- Many ------------------------------------------------------------------------------------------

const crowd = await Promise.all(Array.from({ length: 200 }, (_, i) => connect(i % 2 ? main : own, { token })))
const answers = await Promise.all(crowd.map((one, i) => one.ask(`Crowd ${i}`)))
check('200 at once', new Set(answers.map((answer) => answer.text)).size, 1)
check('each its own', new Set(answers.map((answer) => answer.conversation)).size, 200)
await Promise.all(crowd.map((one) => one.close(1000)))

check('the end', [await client.close(1000), await other.close()], ['1000 ', '1005 '])

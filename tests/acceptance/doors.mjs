// Every front door through every way in which a request can end: what its clients are told, what the
// books say, that nothing stays reserved. Arguments: gateway, upstream, database, program.

import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

const [gateway, upstream, database, program] = process.argv.slice(2)
const kText = 'The quick brown fox jumps over the lazy dog.'
const kQuestion = [{ role: 'user', content: 'Hi' }]

// ---- The doors ------------------------------------------------------------------------------------

// An answer that says no in OpenAI's envelope, with the error's own status.
const openaiRefusal = (status) => (answer) => is(answer, status, (body) => body.error.message)
const detail = (status) => (answer) => is(answer, status, (body) => body.detail)
const byCode = (status, code) => (answer) => is(answer, status, (body) => body.code === code && body)
const platformStatus = (status) => (status >= 500 ? 500 : status)

// ask(token) -> [path, request]; says(answer) -> the text; refuses(status) -> a check of the answer that a
// request gets which ends with that status. `streams`: the answer begins before its end is known.
const doors = {
  '/v1': {
    ask: (token) => post('/v1/chat/completions', token, { model: 'gpt-4o', messages: kQuestion }),
    says: ({ body }) => body.choices[0].message.content,
    refuses: openaiRefusal,
    upstreamFailed: 500, // its own answer
  },
  '/v1 streamed': {
    ask: (token) => post('/v1/chat/completions', token, { model: 'gpt-4o', messages: kQuestion, stream: true }),
    says: ({ text }) => textOfEvents(text),
    refuses: openaiRefusal,
    upstreamFailed: 500,
    streams: (answer) => answer.status === 200 && answer.text.includes('data: {"error":'),
  },
  '/chat': {
    ask: (token) => post('/chat', token, { model: 'gpt-4o', messages: kQuestion }),
    says: ({ body }) => body.choices[0].message.content,
    refuses: openaiRefusal,
    upstreamFailed: 500,
  },
  '/chat streamed': {
    ask: (token) => post('/chat', token, { model: 'gpt-4o', messages: kQuestion, stream: true }),
    says: ({ text }) => textOfEvents(text),
    refuses: openaiRefusal,
    upstreamFailed: 500,
    streams: (answer) => answer.status === 200 && answer.text.includes('data: {"error":'),
  },
  '/ask': {
    ask: (token) => post('/ask/new', token, { prompt: 'Hi', parent_id: null }),
    says: ({ body }) => body.message,
    refuses: detail,
  },
  '/chatgpt': {
    ask: (token) => ['/chatgpt?prompt=Hi', { headers: { ApiKey: token } }],
    says: ({ body }) => body.data.response,
    refuses: (status) => byCode(platformStatus(status), platformStatus(status)),
  },
  '/api': {
    ask: (token) => post('/api', '', { user_content: 'Hi', api_key: token, continuous: [] }),
    says: ({ body }) => body.current_response,
    refuses: (status) => byCode(platformStatus(status), platformStatus(status)),
  },
  '/api/chat-process': {
    ask: (token) => post('/api/chat-process', token, { prompt: 'Hi' }),
    says: ({ text }) => JSON.parse(text.split('\n').at(-1)).text,
    // Of a bad token and an empty balance it tells with 200 too.
    refuses: (status) => ({ status: answered, body, headers }) =>
      answered === (status === 429 && headers.has('retry-after') ? 429 : 200) && body.status === 'Fail' && body.message,
    streams: ({ status, text }) => status === 200 && JSON.parse(text.split('\n').at(-1)).status === 'Fail',
  },
  '/api/chat': {
    ask: (token) => post('/api/chat', token, { prompt: 'Hi' }),
    says: ({ body }) => body.data,
    refuses: (status) => byCode(200, status === 401 ? 403 : status),
  },
  '/ai/chat': {
    ask: (token) => post('/ai/chat', token, { prompt: 'Hi' }),
    says: ({ body }) => body.data,
    refuses: (status) => byCode(200, status === 401 ? 403 : status),
  },
}

function post(path, token, body) {
  const headers = { 'content-type': 'application/json' }
  if (token) headers.authorization = `Bearer ${token}`
  return [path, { method: 'POST', headers, body: JSON.stringify(body) }]
}

function textOfEvents(text) {
  const events = text.split('\n\n').filter((event) => event.startsWith('data: {'))
  return events.map((event) => JSON.parse(event.slice(6)).choices[0]?.delta?.content ?? '').join('')
}

function is(answer, status, holds) {
  return answer.status === status && Boolean(answer.body && holds(answer.body))
}

// ---- The cases ------------------------------------------------------------------------------------

// Each runs one request and checks its answer; `booked` is what the books must have gained by it.
const cases = {
  ok: {
    run: async (door, { token }) => expect((await ask(door, token)), (answer) =>
      answer.status === 200 && door.says(answer) === kText),
    booked: { status: 'completed', cost: 31_000 },
  },
  'bad token': {
    run: async (door) => expect(await ask(door, 'sk-cg-wrong'), door.refuses(401)),
  },
  'no balance': {
    run: async (door, { poor }) => expect(await ask(door, poor), door.refuses(429)),
  },
  limited: {
    run: async (door, { limited }) => {
      const answer = await ask(door, limited())
      expect(answer, door.refuses(429))
      expect(answer, ({ headers }) => Number(headers.get('retry-after')) > 0)
    },
  },
  'upstream 500': {
    run: async (door, { token }) => {
      await tellUpstream('next', { behaviour: 'status-500', times: 3 })
      expect(await ask(door, token), door.refuses(door.upstreamFailed ?? 502))
    },
    booked: { status: 'failed', cost: 0 },
  },
  'cut in mid-answer': {
    run: async (door, { token }) => {
      await tellUpstream('next', { behaviour: 'cut-chunk+chunked' })
      expect(await ask(door, token), door.streams ?? door.refuses(502))
    },
    booked: (door) => (door.streams ? { status: 'cut', cost: 'some' } : { status: 'failed', cost: 0 }),
  },
  'client gone': {
    run: async (door, { token }) => {
      await tellUpstream('next', { behaviour: 'stall' })
      const controller = new AbortController()
      const asked = ask(door, token, controller.signal).catch((error) => error)
      await until('the upstream works', async () => (await upstreamState()).waiting === 1)
      controller.abort()
      await asked
      await until('the upstream is let go', async () => (await upstreamState()).waiting === 0)
    },
    booked: { status: 'aborted', cost: 'some' },
  },
}

// ---- Tools ----------------------------------------------------------------------------------------

async function ask(door, token, signal) {
  const [path, options] = door.ask(token)
  const answer = await fetch(gateway + path, { ...options, signal: signal ?? AbortSignal.timeout(60_000) })
  const text = await answer.text()
  let body = null
  try {
    body = JSON.parse(text)
  } catch {
    // a stream
  }
  return { status: answer.status, headers: answer.headers, text, body }
}

let place = ''
function fail(why) {
  console.error(`doors: ${place}: ${why}`)
  process.exit(1)
}

function expect(answer, holds) {
  let is_right = false
  try {
    is_right = holds(answer)
  } catch {
    // a member is missing
  }
  if (!is_right) fail(`got ${answer.status} ${answer.text}`)
}

async function until(what, holds) {
  const deadline = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > deadline) fail(`waited in vain until ${what}`)
    await pause(20)
  }
}

async function tellUpstream(what, body) {
  await fetch(`${upstream}/_${what}`, { method: 'POST', body: JSON.stringify(body) })
}

async function upstreamState() {
  return (await fetch(`${upstream}/_state`)).json()
}

function inBooks(sql) {
  return execFileSync('sqlite3', ['-readonly', '-cmd', '.timeout 10000', database, sql], { encoding: 'utf8' }).trim()
}

function admin(...words) {
  return execFileSync(program, ['--db', database, ...words], {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

const kStates = ['completed', 'aborted', 'cut', 'failed', 'interrupted']
// The rows after `id`: `state cost` of each.
function rowsAfter(id) {
  const rows = inBooks(`SELECT status || ' ' || cost FROM usage WHERE id > ${id} ORDER BY id`)
  return rows === '' ? [] : rows.split('\n').map((row) => {
    const [status, cost] = row.split(' ').map(Number)
    return { status: kStates[status], cost }
  })
}

async function checkBooks(before, expected) {
  const count = expected ? 1 : 0
  await until('the request is booked', () => rowsAfter(before).length >= count)
  await until('nothing is reserved', () => inBooks('SELECT count(*) FROM holds') === '0')
  const rows = rowsAfter(before)
  const row = rows[0]
  const cost_is_right = !expected || (expected.cost === 'some' ? row.cost > 0 : row.cost === expected.cost)
  if (rows.length !== count || (expected && row.status !== expected.status) || !cost_is_right) {
    fail(`the books say ${JSON.stringify(rows)} instead of ${JSON.stringify(expected ?? [])}`)
  }
}

async function runCase(name, door_name, tokens) {
  place = `${door_name}, ${name}`
  const door = doors[door_name]
  const { run, booked } = cases[name]
  const before = inBooks('SELECT ifnull(max(id), 0) FROM usage')
  await run(door, tokens)
  await checkBooks(before, typeof booked === 'function' ? booked(door) : booked)
  await tellUpstream('reset')
}

// ---- All of it ------------------------------------------------------------------------------------

admin('user', 'add', 'rich', '--balance', '10')
admin('user', 'add', 'poor', '--balance', '0.000001')
const tokens = { token: admin('token', 'add', 'rich'), poor: admin('token', 'add', 'poor') }
const limited = {}
for (const name in doors) limited[name] = admin('token', 'add', 'rich', '--rpm', '1')
await until('the gateway knows the tokens', async () => {
  const known = await fetch(`${gateway}/v1/models`, {
    headers: { authorization: `Bearer ${Object.values(limited).at(-1)}` } })
  return known.status === 200
})

let count = 0
for (const door_name in doors) {
  place = `${door_name}, the first of a minute`
  expect(await ask(doors[door_name], limited[door_name]), ({ status }) => status === 200)
  for (const name in cases) {
    await runCase(name, door_name, { ...tokens, limited: () => limited[door_name] })
    ++count
  }
}
admin('price', 'remove', 'gpt-4o', '--yes')
await until('the gateway knows that the price is gone', async () => {
  const { body } = await ask(doors['/v1'], tokens.token)
  return body.error?.code === 'model_not_priced'
})
cases['no price'] = {
  run: async (door, { token }) => expect(await ask(door, token), door.refuses(400)),
}
for (const door_name in doors) {
  await runCase('no price', door_name, tokens)
  ++count
}
console.log(`${count} cases`)

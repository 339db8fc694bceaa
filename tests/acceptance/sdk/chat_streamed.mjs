import { assert, books, fox, hello, makeClient, setPrice, settled } from './support.mjs'

setPrice('gpt-4o')
await settled('gpt-4o')

async function read(options) {
  const request = { model: 'gpt-4o', messages: hello, stream: true, ...options }
  const chunks = []
  for await (const chunk of await makeClient().chat.completions.create(request)) chunks.push(chunk)
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
  assert.equal(text, fox)
  return chunks
}

const plain = await read({})
assert.ok(plain.every((chunk) => chunk.choices.length === 1 && !chunk.usage))
assert.deepEqual(books(), { completed: '1 13 9 0.000031' })

const withUsage = await read({ stream_options: { include_usage: true } })
assert.equal(withUsage.length, plain.length + 1)
assert.deepEqual(withUsage.at(-1).choices, [])
assert.equal(withUsage.at(-1).usage.total_tokens, 22)
assert.ok(withUsage.slice(0, -1).every((chunk) => chunk.usage === null))
assert.deepEqual(books(), { completed: '2 26 18 0.000062' })

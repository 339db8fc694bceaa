import { assert, books, fox, hello, makeClient, OpenAI, setPrice, settled, upstream } from './support.mjs'

setPrice('gpt-4o', 'status-429+retry-after-ms-10000')
await settled('status-429+retry-after-ms-10000')

// One 429 is nothing that a caller notices.
await upstream('next', { behaviour: 'status-429+retry-after-ms-20' })
const answer = await makeClient().chat.completions.create({ model: 'gpt-4o', messages: hello })
assert.equal(answer.choices[0].message.content, fox)
assert.equal(books().completed, '1 13 9 0.000031')

// More of them than the gateway tries: the SDK tries again by itself.
await upstream('next', { behaviour: 'status-429+retry-after-ms-20', times: 4 })
await makeClient({ maxRetries: 5 }).chat.completions.create({ model: 'gpt-4o', messages: hello })
assert.equal(books().completed, '2 26 18 0.000062')

// An upstream's lasting 429 reaches the caller as what it is, with its advice.
const lasting = { model: 'status-429+retry-after-ms-10000', messages: hello }
await assert.rejects(makeClient({ maxRetries: 0 }).chat.completions.create(lasting), (error) => {
  assert.ok(error instanceof OpenAI.RateLimitError)
  assert.equal(error.code, 'rate_limit_exceeded')
  assert.equal(error.headers.get('retry-after-ms'), '10000')
  return true
})
assert.ok(Object.entries(books()).every(([status, row]) => status === 'completed' || row.endsWith(' 0 0 0.00')))

import { admin, assert, hello, makeClient, OpenAI, setPrice, settled, upstream } from './support.mjs'

// A user who has nothing: the SDK is told not to try again, and does not.
setPrice('gpt-4o')
admin('user', 'add', 'penniless', '--balance', '0')
const apiKey = admin('token', 'add', 'penniless').trim()
await settled('gpt-4o')
let requests = 0
const counting = (...words) => (requests++, fetch(...words))
const client = makeClient({ apiKey, fetch: counting })
let error
do {
  requests = 0
  error = await client.chat.completions.create({ model: 'gpt-4o', messages: hello }).catch((e) => e)
} while (error.status === 401) // the gateway has not seen the token yet
assert.ok(error instanceof OpenAI.RateLimitError)
assert.equal(error.code, 'insufficient_quota')
assert.equal(requests, 1)
assert.deepEqual(await upstream('seen'), [])

import { assert, books, hello, makeClient, OpenAI, setPrice, upstream } from './support.mjs'

setPrice('gpt-4o')
const request = { model: 'gpt-4o', messages: hello }
const wrong = makeClient({ apiKey: 'sk-cg-wrong' })
for (const options of [{}, { stream: true }]) {
  await assert.rejects(wrong.chat.completions.create({ ...request, ...options }), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError)
    assert.deepEqual([error.status, error.code, error.type], [401, 'invalid_api_key', 'invalid_request_error'])
    return true
  })
}
assert.deepEqual(await upstream('seen'), []) // and nothing was retried
assert.deepEqual(books(), {})

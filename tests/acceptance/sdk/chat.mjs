import { assert, books, fox, hello, makeClient, setPrice, settled, upstream } from './support.mjs'

setPrice('gpt-4o')
await settled('gpt-4o')
const { data, response, request_id } = await makeClient()
  .chat.completions.create({ model: 'gpt-4o', messages: hello, n: 2 })
  .withResponse()
assert.deepEqual(data.choices.map((choice) => choice.message.content), [fox, fox])
assert.deepEqual([data.usage.prompt_tokens, data.usage.completion_tokens], [13, 9])
assert.match(request_id, /^req_[0-9a-f]{16}$/)
assert.ok(Number(response.headers.get('openai-processing-ms')) >= 0)
assert.deepEqual(books(), { completed: '1 13 9 0.000031' })

const [seen] = await upstream('seen')
assert.ok(seen.headers.some(([name]) => /^x-stainless-lang$/i.test(name)))
assert.ok(!JSON.stringify(seen.headers).includes('sk-cg-'))

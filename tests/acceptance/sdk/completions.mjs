import { assert, books, fox, makeClient, setPrice, settled } from './support.mjs'

setPrice('gpt-3.5-turbo-instruct')
await settled('gpt-3.5-turbo-instruct')
const request = { model: 'gpt-3.5-turbo-instruct', prompt: 'Hello' }
const answer = await makeClient().completions.create(request)
assert.equal(answer.choices[0].text, fox)
let text = ''
for await (const chunk of await makeClient().completions.create({ ...request, stream: true })) {
  text += chunk.choices[0].text
}
assert.equal(text, fox)
assert.deepEqual(books(), { completed: '2 26 18 0.000062' })

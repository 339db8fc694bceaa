import { assert, books, fox, makeClient, setPrice, settled } from './support.mjs'

setPrice('gpt-4o')
await settled('gpt-4o')
const { responses } = makeClient()
const answer = await responses.create({ model: 'gpt-4o', input: 'Hello' })
assert.equal(answer.output_text, fox)
assert.deepEqual(books(), { completed: '1 13 9 0.000031' })

const types = []
const stream = responses.stream({ model: 'gpt-4o', input: 'Hello' })
for await (const event of stream) types.push(event.type)
assert.equal(types[0], 'response.created')
assert.equal(types.filter((type) => type === 'response.output_text.delta').length, 9)
assert.equal(types.at(-1), 'response.completed')
assert.equal((await stream.finalResponse()).output_text, fox)
assert.deepEqual(books(), { completed: '2 26 18 0.000062' })

assert.equal((await responses.retrieve(answer.id)).usage.total_tokens, 22)
assert.equal(books().completed.split(' ').at(-1), '0.000062')

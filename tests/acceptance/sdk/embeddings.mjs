import { assert, books, makeClient, setPrice, settled } from './support.mjs'

setPrice('usage-8-0')
await settled('usage-8-0')
const answer = await makeClient().embeddings.create({ model: 'usage-8-0', input: ['one', 'two'] })
// The SDK asks for base64 and unpacks it.
assert.deepEqual(answer.data.map((one) => one.embedding), [[0.25, -0.5, 0], [0.25, -0.5, 1]])
assert.deepEqual(books(), { completed: '1 8 0 0.000008' })

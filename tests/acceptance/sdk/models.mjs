import { assert, books, makeClient, setPrice, settled } from './support.mjs'

setPrice('gpt-4o', 'gpt-4o-mini')
await settled('gpt-4o-mini')
const ids = []
for await (const model of makeClient().models.list()) {
  assert.equal(model.object, 'model')
  ids.push(model.id)
}
assert.ok(ids.includes('gpt-4o') && ids.includes('gpt-4o-mini'))
assert.equal((await makeClient().models.retrieve('gpt-4o')).id, 'gpt-4o')
assert.deepEqual(books(), {})

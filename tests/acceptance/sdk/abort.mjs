import { assert, books, eventually, hello, makeClient, setPrice, settled, upstream } from './support.mjs'

setPrice('stall-mid')
await settled('stall-mid')
const request = { model: 'stall-mid', messages: hello, stream: true }
const stream = await makeClient().chat.completions.create(request)
let text = ''
for await (const chunk of stream) {
  text += chunk.choices[0].delta.content
  if (text === 'The quick brown fox') break // the SDK closes the connection
}
await eventually(async () => (await upstream('seen')).map((one) => one.outcome), ['left'])
await eventually(() => Object.keys(books()), ['aborted'])
const [requests, prompt, completion, cost] = books().aborted.split(' ')
assert.equal(requests, '1')
assert.ok(Number(prompt) > 0 && Number(completion) > 0 && Number(cost) > 0)

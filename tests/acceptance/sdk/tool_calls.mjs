import { assert, books, fox, hello, makeClient, setPrice, settled } from './support.mjs'

setPrice('gpt-4o')
await settled('gpt-4o')
const parameters = { type: 'object', properties: { city: { type: 'string' } } }
const tools = [{ type: 'function', function: { name: 'weather_of', parameters } }]
const { completions } = makeClient().chat

const answer = await completions.create({ model: 'gpt-4o', messages: hello, tools })
const [call] = answer.choices[0].message.tool_calls
assert.equal(answer.choices[0].finish_reason, 'tool_calls')
assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['weather_of', { city: 'Paris' }])

const result = { role: 'tool', tool_call_id: call.id, content: 'sunny' }
const messages = [...hello, answer.choices[0].message, result]
const final = await completions.create({ model: 'gpt-4o', messages, tools })
assert.equal(final.choices[0].message.content, fox)

// The SDK puts the streamed pieces of a call together; the loop runs the tool and asks again.
const asked = []
const runner = completions.runTools({
  model: 'gpt-4o',
  messages: hello,
  stream: true,
  tools: [
    {
      type: 'function',
      function: {
        name: 'weather_of',
        parameters,
        parse: JSON.parse,
        function: ({ city }) => asked.push(city) && 'sunny',
      },
    },
  ],
})
assert.equal(await runner.finalContent(), fox)
assert.deepEqual(asked, ['Paris'])
assert.deepEqual(books(), { completed: '4 52 36 0.000124' })

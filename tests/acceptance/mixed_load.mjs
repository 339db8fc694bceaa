// mixed_load.mjs GATEWAY SEED COUNT TOKEN,TOKEN MODEL...: sends so many chats, 32 at a time, plain and
// streamed, at random, and leaves one in ten in the middle. Prints ID|TOKEN|PROMPT|COMPLETION for each
// answer that arrived complete; fails on an answer that is another request's.

const [gateway, seed, count, tokens, ...models] = process.argv.slice(2)

class WrongAnswer extends Error {}

// A small generator, so that a seed names a run (mulberry32).
let state = Number(seed)
function random(below) {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below
}

function pick(list) {
  return list[random(list.length)]
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

// The JSON objects of an answer and whether it is whole.
function read(text, stream) {
  if (!stream) return { objects: [parse(text)].filter(Boolean), isWhole: parse(text) !== null }
  const data = text.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data: '))
  const isWhole = data.at(-1) === 'data: [DONE]'
  return { objects: data.map((line) => parse(line.slice(6))).filter(Boolean), isWhole }
}

async function chat() {
  const model = pick(models)
  const token = pick(tokens.split(','))
  const stream = random(2) === 0
  const leaves = random(10) === 0
  const controller = new AbortController()
  const answer = await fetch(`${gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'x'.repeat(random(9000)) }] }),
    signal: controller.signal,
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of answer.body) {
    text += decoder.decode(piece, { stream: true })
    if (leaves) return controller.abort()
  }
  const { objects, isWhole } = read(text, stream)
  for (const object of objects) {
    if (object.model && object.model !== model) throw new WrongAnswer(`${object.model} for ${model}`)
  }
  if (answer.status !== 200 || !isWhole || objects.some((object) => object.error)) return
  const [prompt, completion] = model.match(/\d+/g)
  console.log([answer.headers.get('x-request-id'), token, prompt, completion].join('|'))
}

let left = Number(count)
async function worker() {
  while (left-- > 0) {
    await chat().catch((error) => {
      if (error instanceof WrongAnswer) throw error // all else is a broken or an abandoned connection
    })
  }
}
await Promise.all(Array.from({ length: 32 }, worker))

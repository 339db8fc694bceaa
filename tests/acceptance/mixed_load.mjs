// mixed_load.mjs GATEWAY SEED COUNT TOKEN,TOKEN MODEL...: sends so many chats, 32 at a time, plain and
// streamed, at random, and leaves one in ten in the middle. Prints ID|TOKEN|PROMPT|COMPLETION for each
// answer that arrived complete; fails on an answer that is another request's.

import { chat, parse } from './client.mjs'

const [gateway, seed, count, tokens, ...models] = process.argv.slice(2)

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

// The JSON objects of an answer and whether it is whole.
function read(text, stream) {
  if (!stream) return { objects: [parse(text)].filter(Boolean), isWhole: parse(text) !== null }
  const data = text.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data: '))
  const isWhole = data.at(-1) === 'data: [DONE]'
  return { objects: data.map((line) => parse(line.slice(6))).filter(Boolean), isWhole }
}

async function ask() {
  const model = pick(models)
  const token = pick(tokens.split(','))
  const stream = random(2) === 0
  const leaves = random(10) === 0
  const messages = [{ role: 'user', content: 'x'.repeat(random(9000)) }]
  const body = JSON.stringify({ model, stream, messages })
  const { status, id, text } = await chat(gateway, token, body, () => !leaves)
  if (leaves) return
  const { objects, isWhole } = read(text, stream)
  for (const object of objects) {
    if (object.model && object.model !== model) throw Error(`${object.model} for ${model}`)
  }
  if (status !== 200 || !isWhole || objects.some((object) => object.error)) return
  const [prompt, completion] = model.match(/\d+/g)
  console.log([id, token, prompt, completion].join('|'))
}

let left = Number(count)
async function worker() {
  while (left-- > 0) await ask()
}
await Promise.all(Array.from({ length: 32 }, worker))

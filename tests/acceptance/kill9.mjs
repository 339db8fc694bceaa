// kill9.mjs GATEWAY TOKEN PID DELAY_MS MODEL...: keeps 18 chats of the models running, plain ones of the
// first and streamed ones of the others, kills the gateway after the delay, and prints the request ids
// of the answers that arrived complete: all of their JSON, or a stream's [DONE].

import { chat, parse } from './client.mjs'

const [gateway, token, pid, delay, ...models] = process.argv.slice(2)
const messages = [{ role: 'user', content: 'Hello' }]
let isKilled = false

async function worker(model, stream) {
  while (!isKilled) {
    const body = JSON.stringify({ model, stream, messages })
    const { status, id, text } = await chat(gateway, token, body)
    if (status === 200 && (stream ? text.includes('data: [DONE]') : parse(text))) console.log(id)
    else if (!isKilled) throw Error(`status ${status}: ${text}`)
  }
}

const workers = Array.from({ length: 18 }, (_, i) => worker(models[i % models.length], i % models.length > 0))
await Promise.race([new Promise((resolve) => setTimeout(resolve, Number(delay))), ...workers])
isKilled = true
process.kill(Number(pid), 'SIGKILL')
await Promise.all(workers)

// kill9.mjs GATEWAY TOKEN PID DELAY_MS MODEL...: keeps 18 chats of the models running, plain ones of the
// first and streamed ones of the others, kills the gateway after the delay, and prints the request ids
// of the answers that arrived complete.

const [gateway, token, pid, delay, ...models] = process.argv.slice(2)
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
let isKilled = false

// The request id once the answer is whole: all of its JSON, or a stream's [DONE].
async function chat(model, stream) {
  const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello' }] })
  const answer = await fetch(`${gateway}/v1/chat/completions`, { method: 'POST', headers, body })
  if (answer.status !== 200) throw Error(`status ${answer.status}: ${await answer.text()}`)
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const piece of answer.body) text += decoder.decode(piece, { stream: true })
  } catch {
    // Killed in the middle. A stream may be complete all the same.
  }
  const isWhole = stream ? text.includes('data: [DONE]') : isJson(text)
  return isWhole ? answer.headers.get('x-request-id') : null
}

function isJson(text) {
  try {
    return JSON.parse(text) !== null
  } catch {
    return false
  }
}

async function worker(index) {
  while (!isKilled) {
    try {
      const id = await chat(models[index], index > 0)
      if (id) console.log(id)
    } catch (error) {
      if (!isKilled) throw error
    }
  }
}

const workers = Array.from({ length: 18 }, (_, i) => worker(i % models.length))
await new Promise((resolve) => setTimeout(resolve, Number(delay)))
isKilled = true
process.kill(Number(pid), 'SIGKILL')
await Promise.all(workers)

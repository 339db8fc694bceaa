// kill9.mjs GATEWAY TOKEN PID DELAY_MS PLAIN STREAMED: keeps 16 chats of the two models running, kills
// the gateway after the delay, and prints the request ids of the answers that arrived complete.

const [gateway, token, pid, delay, plain, streamed] = process.argv.slice(2)
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

async function worker(stream) {
  while (!isKilled) {
    try {
      const id = await chat(stream ? streamed : plain, stream)
      if (id) console.log(id)
    } catch (error) {
      if (!isKilled) throw error
    }
  }
}

await chat(plain, false).then((id) => id && console.log(id))
const timer = new Promise((resolve) => setTimeout(resolve, Number(delay)))
const workers = Array.from({ length: 16 }, (_, i) => worker(i % 2 === 0))
await timer
isKilled = true
process.kill(Number(pid), 'SIGKILL')
await Promise.all(workers)

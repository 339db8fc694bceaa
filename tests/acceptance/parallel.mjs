// parallel.mjs GATEWAY TOKEN COUNT BODY: sends so many chat requests at once and prints how many got
// which status, `200 10, 429 246`. Every answer is read to its end.

const [gateway, token, count, body] = process.argv.slice(2)
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

const statuses = await Promise.all(
  Array.from({ length: Number(count) }, async () => {
    const signal = AbortSignal.timeout(60_000)
    const answer = await fetch(`${gateway}/v1/chat/completions`, { method: 'POST', headers, body, signal })
    await answer.text()
    return answer.status
  }),
)
const counts = {}
for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
console.log(Object.entries(counts).map((entry) => entry.join(' ')).join(', '))

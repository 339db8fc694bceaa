// parallel.mjs GATEWAY TOKEN COUNT BODY: sends so many chat requests at once and prints how many got
// which status, `200 10, 429 246`. Every answer is read to its end.

import { chat } from './client.mjs'

const [gateway, token, count, body] = process.argv.slice(2)

const answers = await Promise.all(Array.from({ length: Number(count) }, () => chat(gateway, token, body)))
const counts = {}
for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
console.log(Object.entries(counts).map((entry) => entry.join(' ')).join(', '))

import { createHash, randomBytes } from 'node:crypto'
import { assert, books, makeClient, OpenAI, setPrice, settled } from './support.mjs'

setPrice('usage-70-30', 'tts-1')
await settled('usage-70-30')
const bytes = randomBytes(200_000)
const file = await OpenAI.toFile(bytes, 'speech é.wav', { type: 'audio/wav' })
const { text } = await makeClient().audio.transcriptions.create({ model: 'usage-70-30', file })
const sha256 = createHash('sha256').update(bytes).digest('hex')
assert.ok(text.includes(`file=speech é.wav type=audio/wav bytes=200000 sha256=${sha256}`), text)
assert.deepEqual(books(), { completed: '1 70 30 0.00013' })

await settled('tts-1')
const speech = { model: 'tts-1', voice: 'alloy', input: 'Hello' }
const audio = await makeClient().audio.speech.create(speech)
assert.equal((await audio.arrayBuffer()).byteLength, 20_000)

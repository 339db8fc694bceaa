// In the browser: two questions of one conversation on each address, a token that is wrong, and a question that is
// none. Arguments: gateway, address of the WebSocket's own port, token.

import { openBrowser } from './browser.mjs'
import { check } from './websocket.mjs'

const [gateway, own, token] = process.argv.slice(2)
const kText = 'The quick brown fox jumps over the lazy dog.'

// Runs in the page. Prints what came for each question: how many pieces, their text, how it ended.
async function converse([url, key, questions]) {
  const socket = new WebSocket(url, ['chatgate', key])
  const closed = new Promise((resolve) => { socket.onclose = ({ code }) => resolve(code) })
  const opened = await Promise.race([new Promise((resolve) => { socket.onopen = () => resolve('open') }), closed])
  if (opened !== 'open') return [opened]
  const said = [socket.protocol]
  let [conversation, parent] = ['new', 'new']
  for (const question of questions) {
    const pieces = []
    const end = new Promise((resolve) => {
      socket.onmessage = ({ data }) => (/^<\|(end|err)\|>/.test(data) ? resolve(data) : pieces.push(data))
    })
    socket.send(question ? `<|ask|>$${conversation}$${parent}$${question}` : '')
    const mark = await end
    said.push([pieces.length > 3, pieces.join(''), mark.slice(0, 7)])
    if (mark.startsWith('<|end|>')) [, conversation, parent] = mark.split('$')
  }
  socket.close(4000)
  return [...said, await closed]
}

const browser = await openBrowser(gateway)
try {
  await browser.page.goto(`${gateway}/healthz`)
  for (const url of [`${gateway.replace('http', 'ws')}/ws`, own]) {
    check(url, await browser.page.evaluate(converse, [url, token, ['Good morning', '', 'And again €']]),
      ['chatgate', [true, kText, '<|end|>'], [false, '', '<|err|>'], [true, kText, '<|end|>'], 4000])
    check(`${url} with a wrong token`, await browser.page.evaluate(converse, [url, 'sk-cg-wrong', []]), [1006])
  }
} finally {
  await browser.close()
}

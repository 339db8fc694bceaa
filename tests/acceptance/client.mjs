// A chat over node:http for load, one that always comes to an end, whatever happens to its connection.

import http from 'node:http'
import https from 'node:https'

const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) }

// Resolves to {status, id, text} when the exchange is over: status 0 when no answer came, text as far as it
// came. `onPiece(text so far)` may return false to leave in the middle.
export function chat(gateway, token, body, onPiece = () => true) {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const [web, agent] = gateway.startsWith('https:') ? [https, agents.https] : [http, agents.http]
    const options = { method: 'POST', agent, headers, timeout: 60_000 }
    const request = web.request(`${gateway}/v1/chat/completions`, options, (answer) => {
      const result = { status: answer.statusCode, id: answer.headers['x-request-id'], text: '' }
      answer.setEncoding('utf8')
      answer.on('data', (piece) => {
        result.text += piece
        if (onPiece(result.text) === false) answer.destroy()
      })
      answer.on('error', () => {})
      answer.on('close', () => resolve(result))
    })
    request.on('timeout', () => request.destroy(Error('timeout')))
    request.on('error', () => resolve({ status: 0, text: '' }))
    request.end(body)
  })
}

export function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

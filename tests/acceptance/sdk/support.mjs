// What the SDK's scripts share: a client of the gateway, the administrator's view of the books, and
// the fake upstream's record.

import { execFileSync } from 'node:child_process'
import { File } from 'node:buffer'
import assert from 'node:assert/strict'
import OpenAI from 'openai'

globalThis.File ??= File // Node 18 keeps it in a module

const { SDK_CHATGATE, SDK_DB, SDK_UPSTREAM, SDK_GATEWAY, SDK_TOKEN, SDK_USER } = process.env

export { assert, OpenAI }

export function makeClient(options = {}) {
  return new OpenAI({ baseURL: `${SDK_GATEWAY}/v1`, apiKey: SDK_TOKEN, ...options })
}

export function admin(...words) {
  return execFileSync(SDK_CHATGATE, ['--db', SDK_DB, ...words], { encoding: 'utf8' })
}

// 1 USD for a million tokens in, 2 out.
export function setPrice(...models) {
  for (const model of models) {
    admin('price', 'set', model, '--input', '1', '--output', '2', '--max-output', '4096')
  }
}

// This script's user: requests, tokens and cost in the books, by status.
export function books() {
  const rows = JSON.parse(admin('usage', 'report', '--format', 'json', '--by', 'user,status'))
  const own = rows.filter((row) => row.user === SDK_USER)
  return Object.fromEntries(
    own.map((row) => [
      row.status,
      [row.requests, row.prompt_tokens, row.completion_tokens, row.cost].join(' '),
    ]),
  )
}

// Polls until `probe` gives `expected`, for at most ten seconds.
export async function eventually(probe, expected) {
  const deadline = Date.now() + 10_000
  for (;;) {
    const actual = await probe()
    try {
      return assert.deepEqual(actual, expected)
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

// A new token or price is in force in the gateway within a second; `probe` succeeds from then on.
export async function settled(model) {
  const ids = async () => (await makeClient().models.list()).data.map(({ id }) => id)
  await eventually(async () => (await ids().catch(() => [])).includes(model), true)
}

export async function upstream(control, body) {
  const options = body && { method: 'POST', body: JSON.stringify(body) }
  return (await fetch(`${SDK_UPSTREAM}/_${control}`, options)).json()
}

export const hello = [{ role: 'user', content: 'Hello' }]
export const fox = 'The quick brown fox jumps over the lazy dog.'

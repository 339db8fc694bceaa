// Opens /docs in a browser: it shows every operation, calls one without and with a token, and breaks no rule of
// its own content security policy. Arguments: gateway, token, and where to leave a picture, if anywhere.

import { openBrowser } from './browser.mjs'

const [gateway, token, picture] = process.argv.slice(2)
const { page, faults, close } = await openBrowser(gateway)

function expect(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`)
}

const operation = page.locator('.opblock.is-open[id$="-createEmbedding"]')

// Presses "Execute" and returns what the page shows then, once it shows that status.
async function execute(status) {
  await operation.locator('.execute').click()
  const row = operation.locator('.live-responses-table tbody tr', { hasText: new RegExp(`^${status}`) })
  return row.first().textContent()
}

try {
  // A deep link opens its operation.
  const opened = await page.goto(`${gateway}/docs#/v1/createEmbedding`, { waitUntil: 'commit' })
  const policy = opened.headers()['content-security-policy']
  if (/unsafe|\*|http/.test(policy)) throw new Error(`the policy is weak: ${policy}`)
  await operation.locator('.try-out__btn').click()
  const { paths } = await (await fetch(`${gateway}/openapi.json`)).json()
  const methods = Object.values(paths).flatMap((item) => Object.keys(item).filter((name) => name !== 'parameters'))
  expect('operations', await page.locator('.opblock').count(), methods.length)

  await execute(401)
  faults.splice(0, Infinity, ...faults.filter((fault) => !fault.includes('status of 401')))
  await page.locator('.auth-wrapper .authorize').first().click()
  await page.locator('.dialog-ux input[aria-label="auth-bearer-value"]').fill(token)
  await page.locator('.dialog-ux .auth-btn-wrapper .authorize').first().click()
  await page.locator('.dialog-ux .btn-done').first().click()
  const shown = await execute(200)
  if (!shown.includes('"embedding"')) throw new Error(`the page shows: ${shown}`)
  if (picture) await page.screenshot({ path: picture })
  if (faults.length > 0) throw new Error(faults.join('\n'))
  console.log(`${methods.length} operations`)
} finally {
  await close()
}

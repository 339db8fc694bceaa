// Opens /docs in a browser: it shows every operation, calls one with a token, and breaks no rule of its own
// content security policy. Arguments: gateway, token, and where to leave a picture, if anywhere.

import { openBrowser } from './browser.mjs'

const [gateway, token, picture] = process.argv.slice(2)
const { page, faults, close } = await openBrowser(gateway)

function expect(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`)
}

// Calls an operation from the page and returns the status that the page shows.
async function tryOut(operationId) {
  const operation = page.locator(`.opblock[id$="-${operationId}"]`)
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.try-out__btn').click()
  await operation.locator('.execute').click()
  return (await operation.locator('.live-responses-table .response-col_status').first().textContent()).trim()
}

try {
  const policy = (await page.goto(`${gateway}/docs`)).headers()['content-security-policy']
  if (/unsafe|\*|http/.test(policy)) throw new Error(`the policy is weak: ${policy}`)
  const { paths } = await (await fetch(`${gateway}/openapi.json`)).json()
  const methods = Object.values(paths).flatMap((item) => Object.keys(item).filter((name) => name !== 'parameters'))
  await page.locator('.opblock').nth(methods.length - 1).waitFor()
  expect('operations', await page.locator('.opblock').count(), methods.length)
  if (picture) await page.screenshot({ path: `${picture}.png`, fullPage: false })

  expect('without a token', await tryOut('listModels'), '401')
  faults.splice(0, Infinity, ...faults.filter((fault) => !fault.includes('status of 401')))
  await page.locator('.auth-wrapper .authorize').first().click()
  await page.locator('.dialog-ux input[aria-label="auth-bearer-value"]').fill(token)
  await page.locator('.dialog-ux .auth-btn-wrapper .authorize').first().click()
  await page.locator('.dialog-ux .btn-done').first().click()
  expect('a chat', await tryOut('createChatCompletion'), '200')
  const answer = await page.locator('.opblock[id$="-createChatCompletion"] .live-responses-table').textContent()
  if (!answer.includes('chat.completion')) throw new Error(`the page shows: ${answer}`)
  if (picture) {
    await page.locator('.opblock[id$="-createChatCompletion"]').scrollIntoViewIfNeeded()
    await page.screenshot({ path: `${picture}-called.png` })
  }

  await page.goto(`${gateway}/docs/#/ask/ask`) // a deep link opens its operation
  await page.reload()
  await page.locator('.opblock.is-open[id$="-ask"]').waitFor()
  if (faults.length > 0) throw new Error(faults.join('\n'))
  console.log(`${methods.length} operations`)
} finally {
  await close()
}

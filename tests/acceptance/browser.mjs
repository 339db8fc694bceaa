// A real browser for acceptance tests: Debian's chromium with a profile of its own, no request to anywhere but
// what the test opens, and a list of everything that went wrong in its pages.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium } from 'playwright-core'

// A page that is there within a second of an idle machine may take minutes on a busy one.
const kPatienceMs = 240_000
const kProgram = process.env.CHROMIUM ?? '/usr/bin/chromium'

const kFlags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--disable-extensions',
  '--disable-breakpad']

// { page, faults, close }. `faults` grows by a line for each error on the page's console, exception, violation of
// its content security policy, failed request, and request to another origin than `origin`.
export async function openBrowser(origin) {
  if (!existsSync(kProgram)) throw new Error(`there is no ${kProgram}: install chromium`)
  const profile = mkdtempSync(path.join(tmpdir(), 'chatgate-browser.'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: kProgram, headless: true, args: kFlags, env: { ...process.env, HOME: profile },
    viewport: { width: 1280, height: 1000 }, timeout: kPatienceMs })
  context.setDefaultTimeout(kPatienceMs)
  const faults = []
  await context.exposeFunction('reportFault', (text) => faults.push(text))
  await context.addInitScript(() => addEventListener('securitypolicyviolation', (event) =>
    window.reportFault(`policy violated: ${event.violatedDirective} by ${event.blockedURI} ${event.sample}`)))
  const page = context.pages()[0] ?? await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack ?? error}`))
  page.on('requestfailed', (request) => faults.push(`failed: ${request.url()} ${request.failure()?.errorText}`))
  context.on('request', (request) => {
    const url = new URL(request.url())
    const isOwn = ['data:', 'blob:', 'about:'].includes(url.protocol) || url.origin === origin
    if (!isOwn) faults.push(`another origin: ${request.url()}`)
  })
  const close = async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
  return { page, faults, close }
}

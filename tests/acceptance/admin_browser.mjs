// Uses /admin as a person does. Arguments: gateway, operations key, the name of an account that is a piece of HTML,
// and a folder for pictures, if any are wanted.

import http from 'node:http'
import path from 'node:path'
import { openBrowser } from './browser.mjs'

const [gateway, key, hostile, pictures] = process.argv.slice(2)
const { page, faults, close } = await openBrowser(gateway)

function expect(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`)
}

// Polls, for the page answers when it likes.
async function expectText(what, locator, expected) {
  await locator.filter({ hasText: expected }).first().waitFor()
  expect(what, (await locator.first().textContent()).trim().replaceAll('\u00a0', ' '), expected)
}

const row = (name) => page.locator(`tbody tr[data-account=${JSON.stringify(name)}]`)
const cell = (name, column) => row(name).locator(`.${column}`)
const news = page.locator('#news-text')
const focused = () => page.evaluate(() => `${document.activeElement.id}${document.activeElement.className}`)

async function search(text) {
  await page.locator('#search').fill(text)
}

async function add(name, password, count) {
  await page.locator('#add').click()
  await page.locator('#add-name').fill(name)
  if (password) await page.locator('#add-password').fill(password)
  else await page.locator('#add-suggest').click()
  if (count === null) await page.locator('#add-unmetered').check()
  else await page.locator('#add-count').fill(count)
  await page.locator('#add-dialog [type=submit]').click()
}

async function recharge(name, count) {
  await row(name).locator('.recharge').click()
  await page.locator('#recharge-count').fill(count)
  await page.keyboard.press('Enter')
}

async function addAccounts() {
  await add('arvin', 'test1', '1,000')
  await expectText('added', news, 'arvin has been added.')
  await search('arvin')
  await expectText('its balance', cell('arvin', 'balance'), '1,000')
  await add('free', '', null)
  await expectText('added', news, 'free has been added.')
  await search('free')
  await expectText('unmetered', cell('free', 'balance'), 'Unmetered')
  expect('nothing to recharge', await row('free').locator('.recharge').isVisible(), false)

  // What the server refuses is told where the person is; nothing is lost.
  await add('arvin', 'other', '5')
  await expectText('taken', page.locator('#add-dialog .fault'), 'the name arvin is taken; choose another one')
  expect('what was entered', await page.locator('#add-count').inputValue(), '5')
  await page.keyboard.press('Escape')
  for (const count of ['1.5', '-1', '1,5', 'ten', '9007199254740992', '']) {
    await add('nobody', 'password', count)
    expect(`a count of '${count}'`, await page.locator('#add-dialog').isVisible(), true)
    expect('no such count', await page.locator('#add-count').evaluate((input) => input.validity.valid), false)
    await page.locator('#add-dialog .cancel').click()
  }
}

async function rechargeAndBlock() {
  await search('arvin')
  await row('arvin').locator('.recharge').click()
  await page.locator('#recharge-count').fill('9 007 199 254 740 991')
  await expectText('what it comes to', page.locator('#recharge-then'), '9,007,199,254,741,991')
  await page.keyboard.press('Enter')
  await expectText('recharged', news, 'arvin has 9,007,199,254,740,991 tokens more.')
  await expectText('exactly', cell('arvin', 'balance'), '9,007,199,254,741,991')
  await recharge('arvin', '9007199254739991')
  await expectText('beyond what a double holds', cell('arvin', 'balance'), '18,014,398,509,481,982')
  await recharge('arvin', '2000')
  await expectText('still exactly', cell('arvin', 'balance'), '18,014,398,509,483,982')
  await page.waitForFunction(() => document.activeElement.className === 'recharge') // where the keyboard was

  await row('arvin').locator('.grant').click()
  await page.locator('#grant-dialog .cancel').click()
  await expectText('not confirmed', cell('arvin', 'badge'), 'Open')
  await row('arvin').locator('.grant').click()
  await page.locator('#grant-confirm').click()
  await expectText('blocked', news, 'arvin is blocked.')
  await expectText('blocked', cell('arvin', 'badge'), 'Blocked')
  await page.locator('#show').selectOption('blocked')
  expect('the blocked', await page.locator('tbody tr').count(), 1)
  await row('arvin').locator('.grant').press('Enter')
  await page.locator('#grant-confirm').press('Enter')
  await expectText('let in', news, 'arvin is let in again.')
  await expectText('nothing else is blocked', page.locator('#none'), 'No account matches.')
  expect('the keyboard goes on', await focused(), 'search')
  await page.locator('#show').selectOption('all')
}

async function findAndSort() {
  await search('')
  await expectText('all', page.locator('#range'), '1 to 50 of 4,004')
  await page.locator('#next').click()
  await expectText('the next page', page.locator('#range'), '51 to 100 of 4,004')
  await page.locator('th[data-sort=balance] button').click()
  await page.locator('th[data-sort=balance] button').click()
  expect('sorted', await page.locator('th[data-sort=balance]').getAttribute('aria-sort'), 'descending')
  const first = await page.locator('tbody .name').allTextContents()
  expect('by balance', first.slice(0, 3).join(), 'free,arvin,euro')
  await search('USER39')
  await expectText('found', page.locator('#range'), '1 to 50 of 100')
  await search('euro')
  await expectText('a currency', cell('euro', 'balance'), '2.50 EUR')
  expect('is not recharged in tokens', await row('euro').locator('.recharge').isVisible(), false)
}

async function showHostileName() {
  await search('<img')
  await expectText('only text', page.locator('tbody .name'), hostile)
  expect('only text', await page.locator('tbody .model').textContent(), '<script>window.isHurt=1</script>,-,-,-,-')
  await page.locator('tbody .grant').click()
  await expectText('only text', page.locator('#grant-title'), `Block ${hostile}`)
  await page.locator('#grant-confirm').click()
  await expectText('only text', news, `${hostile} is blocked.`)
  expect('elements of it', await page.locator('tbody img, tbody script, dialog img, #news img').count(), 0)
  expect('it ran', await page.evaluate(() => window.isHurt), undefined)
}

async function speakChinese() {
  await page.setExtraHTTPHeaders({ 'Accept-Language': 'zh-CN' })
  await page.goto(`${gateway}/admin`)
  await search('arvin')
  expect('its language', await page.locator('html').getAttribute('lang'), 'zh-CN')
  expect('its title', await page.locator('h1').textContent(), '账号管理')
  await expectText('a row', row('arvin').locator('.recharge'), '充值')
  await page.setExtraHTTPHeaders({})
  await page.goto(`${gateway}/admin`)
}

// A page of another port of the same host, to which the browser shows the gateway's log-in most willingly.
async function attack() {
  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><title>evil</title>')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  const outcomes = await page.evaluate(async (target) => {
    const order = (name) => `{"action":"register","i_username":"${name}","i_password":"password","count":1}`
    const attempt = async (name, options) => {
      const request = { method: 'POST', credentials: 'include', body: order(name), ...options }
      return fetch(`${target}/accounts`, request).then((answer) => `${answer.type} ${answer.status}`, () => 'kept back')
    }
    const json = { 'Content-Type': 'application/json' }
    const loaded = (element) => new Promise((resolve) => {
      element.onload = () => resolve('loaded')
      element.onerror = () => resolve('kept back')
      document.body.append(element)
    })
    const make = (kind, properties) => Object.assign(document.createElement(kind), properties)
    const outcome = {
      simple: await attempt('evil1', { mode: 'no-cors' }),
      asked: await attempt('evil2', { headers: json }),
      opskey: await attempt('evil3', { headers: { ...json, opskey: 'x' } }),
      read: await fetch(`${target}/admin`, { credentials: 'include' }).then(() => 'read', () => 'kept back'),
      script: await loaded(make('script', { src: `${target}/admin/amounts.mjs` })),
    }
    const frame = make('iframe', { name: 'aim', src: `${target}/admin` })
    await loaded(frame)
    const form = make('form', { method: 'post', action: `${target}/accounts`, enctype: 'text/plain', target: 'aim' })
    form.append(make('input', { name: order('evil4').slice(0, -1) + ',"x":"', value: '"}' }))
    document.body.append(form)
    const submitted = new Promise((resolve) => (frame.onload = resolve))
    form.submit()
    await submitted
    return outcome
  }, gateway)
  server.close()
  // "opaque" is sent, but what comes of it is the shell's to see.
  expect('outcomes', JSON.stringify(outcomes), JSON.stringify({ simple: 'opaque 0', asked: 'kept back',
    opskey: 'kept back', read: 'kept back', script: 'kept back' }))
}

async function takePictures(folder) {
  const shoot = (name) => page.screenshot({ path: path.join(folder, `${name}.png`) })
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1200, 380]) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      await page.goto(`${gateway}/admin`)
      await row('arvin').waitFor()
      await shoot(`${colorScheme}-${width}`)
      await row('arvin').locator('.recharge').click()
      await shoot(`${colorScheme}-${width}-recharge`)
    }
  }
}

async function fitsNarrowScreens() {
  for (const width of [360, 1200, 2400]) {
    await page.setViewportSize({ width, height: 800 })
    expect(`wider than ${width}`, await page.evaluate(() => document.documentElement.scrollWidth), width)
  }
}

try {
  // An address with the log-in in it works, and afterwards the browser knows the log-in.
  await page.goto(gateway.replace('://', `://admin:${encodeURIComponent(key)}@`) + '/admin')
  await row('euro').waitFor()
  await page.goto(`${gateway}/admin`)
  await row('euro').waitFor()
  await addAccounts()
  await rechargeAndBlock()
  await findAndSort()
  await showHostileName()
  await speakChinese()
  await row('arvin').waitFor()
  await fitsNarrowScreens()
  if (pictures) await takePictures(pictures)
  if (faults.length > 0) throw new Error(faults.join('\n'))
  await attack()
  await page.goto(`${gateway}/admin`) // the attacked person is still logged in
  await row('arvin').waitFor()
} finally {
  await close()
}

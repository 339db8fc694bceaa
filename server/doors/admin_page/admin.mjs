// The page /admin. Whatever comes from an account is written by textContent and by attributes that no script is
// read from: names and settings are what strangers chose.

import { accountOf, pageOf, select } from './accounts.mjs'
import { amountWriter, kCountMax, parseCount, readExactly } from './amounts.mjs'

const texts = JSON.parse(document.body.dataset.texts)
const language = document.documentElement.lang
const write = amountWriter(language)
const at = (id) => document.getElementById(id)

// A text of the catalogue with its values.
function say(name, values = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (_, value) => values[value])
}

// ---- Orders ---------------------------------------------------------------------------------------

class Fault extends Error {}

// Sends an order and returns its answer; a Fault says why there is none. `count` is a BigInt. The address is
// written out because the page's own may have been opened with the log-in in it.
async function order(action, members = {}, count = null) {
  const tail = count === null ? '}' : `,"count":${count}}`
  const body = JSON.stringify({ action, ...members }).slice(0, -1) + tail
  let response, text
  try {
    response = await fetch(new URL('/accounts', location.origin), {
      method: 'POST', body, headers: { 'Content-Type': 'application/json' }, mode: 'same-origin',
      credentials: 'same-origin', referrerPolicy: 'same-origin', redirect: 'error', cache: 'no-store' })
    text = await response.text()
  } catch {
    throw new Fault(say('fault_unreachable'))
  }
  const answer = readAnswer(text)
  if (answer?.message === 'success') return answer
  throw new Fault(answer?.message ?? say('fault_answer', { status: response.status }))
}

function readAnswer(text) {
  try {
    return readExactly(text)
  } catch {
    return null
  }
}

// ---- The table ------------------------------------------------------------------------------------

const accounts = new Map() // by name
const wish = { search: '', show: 'all', sort: 'name', isDescending: false, page: 0 }

function cellsOf(account) {
  const row = at('row').content.cloneNode(true).firstElementChild
  const put = (name, text) => (row.querySelector(name).textContent = text)
  put('.name', account.name)
  put('.balance', balanceOf(account))
  put('.usage', write(account.usage))
  put('.model', account.model)
  put('.badge', say(account.isBlocked ? 'state_blocked' : 'state_open'))
  row.dataset.account = account.name
  row.classList.toggle('blocked', account.isBlocked)
  row.classList.toggle('unmetered', account.isUnmetered)
  row.classList.toggle('plain', account.model === '')
  const recharge = row.querySelector('.recharge')
  recharge.hidden = account.isUnmetered || !account.isInTokens
  recharge.ariaLabel = say('recharge_of', { account: account.name })
  recharge.addEventListener('click', () => openRecharge(account.name))
  const grant = row.querySelector('.grant')
  grant.textContent = say(account.isBlocked ? 'unblock' : 'block')
  grant.ariaLabel = say(account.isBlocked ? 'unblock_of' : 'block_of', { account: account.name })
  grant.addEventListener('click', () => openGrant(account.name))
  return row
}

function balanceOf(account) {
  if (account.isUnmetered) return say('unmetered')
  return write(account.balance) + (account.unit && `\u00a0${account.unit}`)
}

function render() {
  const selected = select(accounts.values(), wish)
  const shown = pageOf(selected, wish.page)
  wish.page = shown.page
  at('accounts').tBodies[0].replaceChildren(...shown.rows.map(cellsOf))
  at('none').hidden = shown.rows.length > 0
  at('none').textContent = say(accounts.size === 0 ? 'none_yet' : 'none_found')
  at('range').textContent = shown.rows.length === 0 ? '' :
    say('range', { from: write(shown.from), to: write(shown.to), count: write(selected.length) })
  at('previous').disabled = shown.isFirst
  at('next').disabled = shown.isLast
  for (const head of document.querySelectorAll('th[data-sort]')) {
    const direction = wish.isDescending ? 'descending' : 'ascending'
    head.ariaSort = head.dataset.sort === wish.sort ? direction : 'none'
  }
}

async function refresh() {
  at('refresh').disabled = true
  at('accounts').ariaBusy = 'true'
  try {
    const { data } = await order('list')
    accounts.clear()
    for (const row of data) accounts.set(row.Username, accountOf(row))
    at('updated').textContent = say('updated', { time: new Date().toLocaleTimeString(language) })
    render()
  } catch (fault) {
    tell(textOf(fault), true)
    if (accounts.size === 0) at('none').hidden = true
  } finally {
    at('refresh').disabled = false
    at('accounts').ariaBusy = 'false'
  }
}

// An account as it is after an order.
async function reread(name) {
  const { data } = await order('check', { i_username: name })
  accounts.set(name, accountOf(data))
}

// Shows what an order came to. The order has been carried out, even if the account cannot be read now.
async function conclude(name, news) {
  tell(news)
  try {
    await reread(name)
  } catch (fault) {
    tell(`${news} ${textOf(fault)}`, true)
  }
  render()
}

function textOf(fault) {
  if (fault instanceof Fault) return fault.message
  throw fault
}

function tell(text, isFault = false) {
  at('news').hidden = false
  at('news').classList.toggle('fault', isFault)
  at('news-text').textContent = text
}

// ---- Dialogs --------------------------------------------------------------------------------------

// A dialog that carries out `send` when it is confirmed and stays open, saying why, when that fails. What `send`
// returns is told when it has closed.
function prepareDialog(id, send, focusAfter) {
  const dialog = at(id)
  const form = dialog.querySelector('form')
  const fault = dialog.querySelector('.fault')
  let isBusy = false
  const setBusy = (isNow) => {
    isBusy = isNow
    dialog.ariaBusy = String(isBusy)
    for (const button of form.querySelectorAll('.answer button')) button.disabled = isBusy
  }
  dialog.querySelector('.cancel').addEventListener('click', () => dialog.close())
  dialog.addEventListener('cancel', (event) => {
    if (isBusy) event.preventDefault()
  })
  dialog.addEventListener('close', () => form.reset())
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    fault.hidden = true
    try {
      const { name, news } = await send()
      dialog.close()
      await conclude(name, news)
      focusAfter(name)
    } catch (error) {
      fault.textContent = textOf(error)
      fault.hidden = false
    } finally {
      setBusy(false)
    }
  })
  return () => {
    fault.hidden = true
    dialog.showModal()
  }
}

// Where the keyboard goes on: the row has been drawn anew.
function focusRow(name, button) {
  const row = [...document.querySelectorAll('#accounts tbody tr')].find((one) => one.dataset.account === name)
  ;(row?.querySelector(button) ?? at('search')).focus()
}

// A field for a count of `min` tokens or more; returns how to read it. `show` gets what is in it, null: no count.
function prepareCount(input, min, show) {
  const read = () => {
    const count = parseCount(input.value)
    return count !== null && count >= min && count <= kCountMax ? count : null
  }
  const judge = () => {
    const isWrong = !input.disabled && input.value !== '' && read() === null
    input.setCustomValidity(isWrong ? say('count_rule', { min: write(min), max: write(kCountMax) }) : '')
    show(input.disabled ? null : read())
  }
  input.addEventListener('input', judge)
  return { read, judge }
}

const addCount = prepareCount(at('add-count'), 0n, (count) => {
  at('add-echo').textContent = count === null ? '' : `= ${write(count)}`
})

function setUnmetered() {
  at('add-count').disabled = at('add-unmetered').checked
  addCount.judge()
}

function reveal(isShown) {
  at('add-password').type = isShown ? 'text' : 'password'
  at('add-reveal').textContent = say(isShown ? 'password_hide' : 'password_show')
  at('add-reveal').ariaPressed = String(isShown)
}

// 20 of 57 characters that are not mistaken for one another: more than 116 random bits.
function suggestPassword() {
  const kCharacters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'
  const kFair = 256 - (256 % kCharacters.length)
  let password = ''
  while (password.length < 20) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1))
    if (byte < kFair) password += kCharacters[byte % kCharacters.length]
  }
  at('add-password').value = password
  reveal(true)
}

const openAdd = prepareDialog('add-dialog', async () => {
  const name = at('add-name').value
  const count = at('add-unmetered').checked ? -1n : addCount.read()
  await order('register', { i_username: name, i_password: at('add-password').value }, count)
  return { name, news: say('done_added', { account: name }) }
}, () => at('add').focus())

let chosen = null // the account whose dialog is open

const rechargeCount = prepareCount(at('recharge-count'), 1n, (count) => {
  at('recharge-then').textContent = count === null ? '' : write(BigInt(chosen.balance) + count)
})

const showRecharge = prepareDialog('recharge-dialog', async () => {
  const { name } = chosen
  const count = rechargeCount.read()
  await order('recharge', { i_username: name }, count)
  return { name, news: say('done_recharged', { account: name, count: write(count) }) }
}, (name) => focusRow(name, '.recharge'))

function openRecharge(name) {
  chosen = accounts.get(name)
  at('recharge-title').textContent = say('recharge_of', { account: name })
  at('recharge-now').textContent = balanceOf(chosen)
  rechargeCount.judge()
  showRecharge()
}

const showGrant = prepareDialog('grant-dialog', async () => {
  const { name, isBlocked } = chosen
  await order('grant', { i_username: name }, isBlocked ? 0n : 1n)
  return { name, news: say(isBlocked ? 'done_unblocked' : 'done_blocked', { account: name }) }
}, (name) => focusRow(name, '.grant'))

function openGrant(name) {
  chosen = accounts.get(name)
  const word = chosen.isBlocked ? 'unblock' : 'block'
  at('grant-title').textContent = say(`${word}_of`, { account: name })
  at('grant-meaning').textContent = say(`${word}_meaning`)
  at('grant-confirm').textContent = say(word)
  at('grant-confirm').classList.toggle('danger', !chosen.isBlocked)
  showGrant()
}

// ---- What a person does ---------------------------------------------------------------------------

function change(wishes) {
  Object.assign(wish, { page: 0 }, wishes)
  render()
}

at('search').addEventListener('input', (event) => change({ search: event.target.value }))
at('show').addEventListener('change', (event) => change({ show: event.target.value }))
at('refresh').addEventListener('click', refresh)
at('previous').addEventListener('click', () => change({ page: wish.page - 1 }))
at('next').addEventListener('click', () => change({ page: wish.page + 1 }))
at('news-close').addEventListener('click', () => (at('news').hidden = true))
for (const head of document.querySelectorAll('th[data-sort]')) {
  head.querySelector('button').addEventListener('click', () => {
    const sort = head.dataset.sort
    change({ sort, isDescending: sort === wish.sort && !wish.isDescending })
  })
}
at('add').addEventListener('click', openAdd)
at('add-dialog').addEventListener('close', () => {
  reveal(false)
  setUnmetered()
})
at('add-unmetered').addEventListener('change', setUnmetered)
at('add-reveal').addEventListener('click', () => reveal(at('add-password').type === 'password'))
at('add-suggest').addEventListener('click', suggestPassword)

refresh()

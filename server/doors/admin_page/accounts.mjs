// The accounts of the page: what of them is shown, in which order. Without a document, so that it can be tested
// without a browser.

import { nanosOf } from './amounts.mjs'

export const kRowsPerPage = 50

const kUnmetered = '-1'

// An account from a row of /accounts, whose numbers are texts.
export function accountOf(row) {
  return {
    name: row.Username,
    model: row.Model,
    isBlocked: row.Isblock,
    isUnmetered: row.Balance === kUnmetered,
    isInTokens: row.Unit === undefined,
    unit: row.Unit ?? '',
    balance: row.Balance,
    usage: row.Usage,
    balanceNanos: nanosOf(row.Balance),
    usageNanos: nanosOf(row.Usage),
    found: `${row.Username}\n${row.Model}`.toLowerCase(),
  }
}

const kShown = {
  all: () => true,
  blocked: (account) => account.isBlocked,
  empty: (account) => !account.isUnmetered && account.balanceNanos <= 0n,
  unmetered: (account) => account.isUnmetered,
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

// More than any balance: unmetered accounts.
const kOrders = {
  name: (a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()),
  balance: (a, b) => a.isUnmetered - b.isUnmetered || compare(a.balanceNanos, b.balanceNanos),
  usage: (a, b) => compare(a.usageNanos, b.usageNanos),
  model: (a, b) => compare(a.model, b.model),
  state: (a, b) => a.isBlocked - b.isBlocked,
}

// Those that a person wants to see, sorted; equals by their names.
export function select(accounts, { search = '', show = 'all', sort = 'name', isDescending = false }) {
  const wanted = search.trim().toLowerCase()
  const order = kOrders[sort]
  const sign = isDescending ? -1 : 1
  return [...accounts]
    .filter((account) => kShown[show](account) && account.found.includes(wanted))
    .sort((a, b) => sign * order(a, b) || compare(a.name, b.name))
}

// The rows of a page, counted from 0; the last one there is where there are fewer. `from` and `to` count rows from 1.
export function pageOf(selected, page) {
  const last = Math.max(0, Math.ceil(selected.length / kRowsPerPage) - 1)
  const shown = Math.min(Math.max(page, 0), last)
  const rows = selected.slice(shown * kRowsPerPage, (shown + 1) * kRowsPerPage)
  const before = shown * kRowsPerPage
  return { page: shown, rows, from: before + 1, to: before + rows.length, isFirst: shown === 0, isLast: shown === last }
}

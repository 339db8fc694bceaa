// The parts of the page /admin that need no browser: amounts are read, compared and written exactly; accounts are
// found, sorted and put on pages. Argument: the folder of the page.

import assert from 'node:assert/strict'
import path from 'node:path'

const folder = process.argv[2]
const { amountWriter, kCountMax, nanosOf, parseCount, readExactly } = await import(path.join(folder, 'amounts.mjs'))
const { accountOf, kRowsPerPage, pageOf, select } = await import(path.join(folder, 'accounts.mjs'))

const counts = {
  '0': 0n, '7': 7n, ' 2000 ': 2000n, '1,000': 1000n, '12,345,678': 12345678n, '1 000 000': 1000000n,
  '1\u00a0000': 1000n, '1\u202f000\u202f000': 1000000n, "1'000": 1000n, '1_000': 1000n, '１２３': 123n,
  '１，０００': 1000n, '9007199254740991': kCountMax, '9,007,199,254,740,993': 9007199254740993n, '007': 7n,
}
for (const [text, count] of Object.entries(counts)) assert.equal(parseCount(text), count, text)
for (const text of ['', ' ', '-1', '+1', '1.5', '1,5', '1.000', '1,00', ',100', '1,000,', '1,000 000', '1,0000', '1e3',
  '0x10', 'ten', '1 2', '1,,000', '1000,000', '٣', '∞']) assert.equal(parseCount(text), null, text)

assert.deepEqual(readExactly('{"a":9007199254740993,"b":[-1,2.50,1e-7,true,null],"c":"1,\\"Balance\\":2\\\\","3":""}'),
  { a: '9007199254740993', b: ['-1', '2.50', '1e-7', true, null], c: '1,"Balance":2\\', 3: '' })
assert.throws(() => readExactly('<html>'))

assert.equal(nanosOf('2.5'), 2500000000n)
assert.equal(nanosOf('-0.000000001'), -1n)
assert.equal(nanosOf('9223372036854775807'), 9223372036854775807000000000n)
const inEnglish = amountWriter('en')
assert.equal(inEnglish('9223372036854775807'), '9,223,372,036,854,775,807')
assert.equal(inEnglish(1000n), '1,000')
assert.equal(inEnglish('-1234.050000001'), '-1,234.050000001')
assert.equal(inEnglish('-0.5'), '-0.5')
assert.equal(amountWriter('ru-RU')('1234567.5'), '1\u00a0234\u00a0567,5')

const row = (Username, Balance, Usage = '0', more = {}) =>
  accountOf({ ID: '1', Username, Balance, Usage, Model: '', Isblock: false, ...more })
const accounts = [row('bob', '9007199254740993', '3'), row('ann', '9007199254740992', '20'), row('free', '-1', '3'),
  row('Empty', '0', '100', { Isblock: true }), row('euro', '2.5', '0', { Unit: 'EUR', Model: 'GPT-4o,80,-,-,-' })]
const names = (wish) => select(accounts, wish).map((account) => account.name).join()
assert.equal(names({}), 'ann,bob,Empty,euro,free')
assert.equal(names({ sort: 'balance' }), 'Empty,euro,ann,bob,free')
assert.equal(names({ sort: 'balance', isDescending: true }), 'free,bob,ann,euro,Empty')
assert.equal(names({ sort: 'usage' }), 'euro,bob,free,ann,Empty')
assert.equal(names({ sort: 'state', isDescending: true }), 'Empty,ann,bob,euro,free')
assert.equal(names({ search: ' EMP' }), 'Empty')
assert.equal(names({ search: 'gpt-4o' }), 'euro')
assert.equal(names({ search: '.*' }), '')
assert.equal(names({ show: 'blocked' }), 'Empty')
assert.equal(names({ show: 'empty' }), 'Empty')
assert.equal(names({ show: 'unmetered' }), 'free')

const many = Array.from({ length: 2 * kRowsPerPage + 1 }, (_, i) => i)
const { rows, ...last } = pageOf(many, 99)
assert.deepEqual(rows, [2 * kRowsPerPage])
assert.deepEqual(last, { page: 2, from: 101, to: 101, isFirst: false, isLast: true })
assert.deepEqual(pageOf([], 3), { page: 0, rows: [], from: 1, to: 0, isFirst: true, isLast: true })

// Amounts as the books count them: exactly. No number of an answer passes through a floating point number; they
// are texts, and BigInt where they are added or compared.

// What /accounts takes at most.
export const kCountMax = 2n ** 53n - 1n

const kDecimals = 9 // of a currency: nano-units

// A whole number as people write it, "1 000 000", "1,000,000" or "１０００", as BigInt; null for anything else.
// Only what stands between groups of three digits is a separator: "1,5" and "1.000" are no whole numbers everywhere.
export function parseCount(text) {
  const plain = text.normalize('NFKC').trim()
  if (/^\d+$/.test(plain)) return BigInt(plain)
  const groups = /^\d{1,3}(?:([ ,'’_])\d{3}(?:\1\d{3})*)$/.exec(plain)
  return groups ? BigInt(plain.replaceAll(groups[1], '')) : null
}

// JSON with its numbers as the texts that they stand in it.
export function readExactly(json) {
  const kTextOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
  return JSON.parse(json.replace(kTextOrNumber, (token) => (token[0] === '"' ? token : `"${token}"`)))
}

// "2.5" as 2500000000n: what amounts are compared and added by.
export function nanosOf(amount) {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(amount)
  const nanos = BigInt(whole + fraction.slice(0, kDecimals).padEnd(kDecimals, '0'))
  return sign ? -nanos : nanos
}

// Writes amounts (texts or BigInt) with the separators of a language.
export function amountWriter(language) {
  const format = new Intl.NumberFormat(language)
  const point = format.formatToParts(0.5).find((part) => part.type === 'decimal').value
  return (amount) => {
    const [whole, fraction] = String(amount).split('.')
    const minus = whole === '-0' ? '-' : ''
    return minus + format.format(BigInt(whole)) + (fraction ? point + fraction : '')
  }
}

// Compares the tokens of the program TOKENIZE with those of the npm package tiktoken, for both encodings,
// over a corpus that is the same at every run, and the encodings that models have:
//
//   node tokenizer.mjs TOKENIZE PACKAGE_FOLDER

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const [program, packageFolder] = process.argv.slice(2)
const { get_encoding } = createRequire(import.meta.url)(path.resolve(packageFolder, 'tiktoken.cjs'))
const kBatch = 1000
const kStringsMin = 10_000

// ---- Chance, the same every time ----------------------------------------------------------------

let state = 20_240_513

function below(bound) { // xorshift
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % bound
}

const pick = (list) => list[below(list.length)]
const times = (count, make) => Array.from({ length: count }, make)
const some = (max, make) => times(1 + below(max), make)
const between = (first, last) => String.fromCodePoint(first + below(last - first + 1))

// ---- The corpus ---------------------------------------------------------------------------------

const kChinese =
  '的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里' +
  '所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从'
const kRussian = `
  привет мир как дела сегодня очень хорошая погода Москва столица России программирование это искусство
  ёлка съёмка ЗАГЛАВНЫЕ Буквы`.trim().split(/[ \n]+/)
const kEnglish = `
  the quick brown fox jumps over lazy dog I'm you're HE'S don't We'Ll they've it'd McDonald iPhone NASA's
  SQLite3 antidisestablishmentarianism naïve café coöperate straße Ǆemal`.trim().split(/[ \n]+/)
const kOthers = `
  สวัสดีชาวโลก नमस्ते दुनिया مرحبا بالعالم שלום עולם こんにちは世界 カタカナ 안녕하세요 세계 ქართული Ελληνικά ΑΒΓ հայերեն
  ગુજરાતી தமிழ் ভাষা ភាសា ລາວ Tiếng Việt Türkçe İstanbul ıI ǅ`.trim().split(/[ \n]+/)
const kEmoji = [
  '😀', '👍🏽', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🇩🇪', '❤️', '1️⃣', '🤷🏿‍♀️', '🫠', '☃', '♥', '🧑‍💻', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '\u{1fae8}',
  '\u{1f6dc}',
]
const kCode = [
  'int main() {', '  return 0;\n', '\t\tif (a != b && !c) {\n', '}\n\n', 'def f(x: int) -> str:\n',
  '    """doc"""\n', 'for (let i = 0; i < n; ++i) ', 'console.log(`${x}`);\r\n', '// comment //////////\n',
  'SELECT * FROM t WHERE a >= 1;--\n', '#include <vector>\n', 'std::vector<std::string>', '<div class="a">',
  '</div>\n', '{"key": [1, 2.50, null]}', 'https://example.org/a/b?c=d#e\n', 'camelCaseName', 'snake_case_name',
  'SCREAMING_CASE', '0x1F600', '1234567890', '3.14159', '----------------', '================\n', '/* */',
  '\\n\\t', '=>', '!==', '::', '###', '$$', "'''", '..', '/\n/\n',
]
const kSpaces = [
  ' ', '  ', '\t', '\n', '\r\n', '\r', '\n\n', '\u00a0', '\u2003', '\u3000', '\u0085', '\u2028', '\u2029', '\v',
  '\f', '\u1680', '\u200b', '\ufeff', '    ',
]
const kSpecial = [
  '<|endoftext|>', '<|endofprompt|>', '<|fim_prefix|>', '<|fim_middle|>', '<|fim_suffix|>', '<|im_start|>',
  '<|im_end|>', '<|end', '|>',
]
const kMarks = [
  '\u0301', '\u0308', '\u20dd', '\ufe0f', '\u0e31', '\u093f', '\u0640', '\u02b0',
]
const kEdges = [
  "'", "'s", "'S", "'ſ", "'re", "'RE", "'ve", "'m", "'ll", "'Ll", "'d", "'t", "'r", "'l", "'v", '’s', 'a', 'A',
  'ß', 'Ǆ', 'ǅ', 'ʰ', '中', '1', '٣', 'Ⅷ', '²', '!', '/', ' ', '\n', '\r', '\u0301', '\0',
]
const kRuns = ['a', 'A', ' ', '\n', '\t', '!', '=', '-', 'ab', 'aA', '哈', '😀', '\u0301', ' \n', 'é', '/', '7', 'ж']
const kBroken = [
  [0x80], [0xbf], [0xc0], [0xc1, 0xbf], [0xc3], [0xe4], [0xe4, 0xb8], [0xe0, 0x80, 0x80], [0xe0, 0xa0],
  [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xef, 0xbf], [0xf0], [0xf0, 0x9f], [0xf0, 0x9f, 0x98],
  [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80], [0xff], [0xfe, 0xff],
  [0xf1, 0x80, 0x80, 0x41],
]
const kMostlyBroken = [kBroken, kBroken, kEnglish, [...kChinese], kSpaces, kEmoji]

const betweenWords = () => pick([' ', ' ', ' ', '', ', ', '. ', '\n', pick(kSpaces)])
const words = (list, max) => () => some(max, () => pick(list) + betweenWords()).join('')
const characters = (list, max) => () => some(max, () => pick(list)).join('')
const kRanges = [[0, 0x7f], [0, 0x7ff], [0x800, 0xd7ff], [0xe000, 0xffff], [0x10000, 0x10ffff], [0x1f300, 0x1faff],
  [0x20000, 0x323af]]
const anyCodePoint = () => between(...pick(kRanges))
const bytesOf = (parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))

const kKinds = {
  'Chinese': [1200, characters([...kChinese, '，', '。', '1', ' ', 'a'], 60)],
  'Russian': [1200, words(kRussian, 25)],
  'English': [1200, words(kEnglish, 30)],
  'other scripts': [900, words([...kOthers, ...kChinese], 20)],
  'emoji': [900, words([...kEmoji, ...kEnglish], 12)],
  'code': [1200, words(kCode, 25)],
  'white space': [900, characters([...kSpaces, ...kSpaces, 'a', '!', '7'], 25)],
  'special tokens': [600, words([...kSpecial, ...kEnglish], 8)],
  'marks and cases': [900, characters([...kMarks, 'a', 'B', 'Ж', 'я', '中', 'ʰ', '!', ' ', '1', "'s"], 14)],
  'edges': [2400, characters(kEdges, 12)],
  'any code points': [900, () => some(40, anyCodePoint).join('')],
  'letters without sense': [600, characters([...'etaoinshrdluETAO'], 120)],
  'invalid UTF-8': [1500, () => bytesOf(some(16, () => pick(pick(kMostlyBroken))))],
  'bytes': [600, () => Buffer.from(some(80, () => below(256)))],
  'long runs': [150, () => pick(kRuns).repeat(1 + below(1500))],
  'long words': [60, () => times(2000, () => pick([...'abcdefghijklmnopqrstuvwxyz'])).join('')],
  'long lines': [24, longLine],
  'every code point': [1, everyCodePoint],
}

function longLine() {
  const list = pick([kEnglish, kRussian, kCode, kEmoji, kOthers, [...kChinese]])
  const make = words(list, 200)
  let line = ''
  while (line.length < 100_000) line += make().replace(/[\r\n]/g, ' ')
  return line
}

// Each between characters of other classes, so that its own shows. Above 0x30000 few are assigned.
function everyCodePoint() {
  const texts = []
  const kEach = 64
  const among = (c) => `${c}a${c}B${c}1${c} ${c}'${c}\n ${c}${c}`
  const amongFew = (c) => `a${c}1`
  for (let first = 0; first < 0x110000; first += kEach) {
    if (first >= 0xd800 && first < 0xe000) continue
    const each = times(kEach, (_, i) => String.fromCodePoint(first + i))
    texts.push(each.map(first < 0x30000 ? among : amongFew).join('!'))
  }
  return texts
}

// ---- The comparison -----------------------------------------------------------------------------

// What the program says to each of the texts.
function answersOf(what, texts) {
  const input = texts.map((text) => `${what} ${Buffer.from(text).toString('hex')}\n`).join('')
  const run = spawnSync(program, { input, maxBuffer: 1 << 30 })
  if (run.status !== 0) fail(`it ended with ${run.status ?? run.signal}: ${run.stderr}`)
  return run.stdout.toString().split('\n')
}

function compare(encoding, kind, texts) {
  for (let from = 0; from < texts.length; from += kBatch) {
    const batch = texts.slice(from, from + kBatch)
    const found = answersOf(encoding.name, batch)
    batch.forEach((text, i) => {
      const expected = encoding.encode_ordinary(text.toString('utf8')).join(' ')
      if (found[i] === expected) return
      const beginning = JSON.stringify(text.toString('utf8').slice(0, 300))
      const bytes = text.toString('hex').slice(0, 300)
      fail(`${encoding.name}, ${kind}: ${beginning} (${bytes})\n` +
        ` has ${expected.slice(0, 300)}\n not ${found[i].slice(0, 300)}`)
    })
  }
}

// Those that the package has in other encodings, none of them in service any more, are unknown.
function compareModels() {
  const models = JSON.parse(fs.readFileSync(path.join(packageFolder, 'model_to_encoding.json'), 'utf8'))
  const known = (encoding) => (encoding in { cl100k_base: 0, o200k_base: 0 } ? encoding : 'unknown')
  const found = answersOf('model', Object.keys(models))
  Object.entries(models).forEach(([model, encoding], i) => {
    if (found[i] !== known(encoding)) fail(`${model} has ${found[i]}, not ${encoding}`)
  })
}

function fail(complaint) {
  console.error(`tokenizer: ${complaint}`)
  process.exit(1)
}

const corpus = Object.entries(kKinds).map(([kind, [count, make]]) => {
  return [kind, times(count, make).flat().map((text) => Buffer.from(text))]
})
for (const name of ['cl100k_base', 'o200k_base']) {
  const encoding = get_encoding(name)
  let strings = 0
  for (const [kind, texts] of corpus) {
    compare(encoding, kind, texts)
    strings += texts.length
  }
  if (strings < kStringsMin) fail(`only ${strings} strings were compared`)
  console.log(`${name}: ${strings} strings have the same tokens`)
}
compareModels()

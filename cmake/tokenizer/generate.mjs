// Turns the npm package `tiktoken` into the tables that common/tokenizer reads:
//
//   node generate.mjs PACKAGE_FOLDER OUTPUT_FOLDER
//
// writes cl100k_base.bin, o200k_base.bin and character_classes.bin. Their layouts, hash function and
// class bits are those of common/tokenizer/token_table.h and character_class.h. The classes come out of
// the package's own regular expressions, so that both always hold the same version of Unicode.

import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'

const kMagic = 0x31425443 // "CTB1"
const kTokenBytesMax = 128
const kBytes = 256 // single, they are the tokens of the lowest ranks
const kNoToken = 0xffffffff
const kClasses = [
  // In the order of the bits. A code point has the first that fits; all others are symbols.
  [1, '[\\p{Lu}\\p{Lt}]'],
  [2, '\\p{Ll}'],
  [4, '[\\p{Lm}\\p{Lo}]'],
  [8, '\\p{M}'],
  [16, '\\p{N}'],
  [64, '[\\r\\n]'],
  [32, '\\s'],
]
const kSymbol = 128
const kBlock = 128 // code points in each block of the classes
const kCodePoints = 0x110000

const [packageFolder, outputFolder] = process.argv.slice(2)
const require = createRequire(import.meta.url)
const { Tiktoken } = require(path.resolve(packageFolder, 'lite/tiktoken.cjs'))

fs.mkdirSync(outputFolder, { recursive: true })
for (const name of ['cl100k_base', 'o200k_base']) {
  write(`${name}.bin`, tokenTable(readTokens(name)))
}
write('character_classes.bin', characterClasses())

function write(name, bytes) {
  const file = path.join(outputFolder, name)
  fs.writeFileSync(`${file}.new`, bytes)
  fs.renameSync(`${file}.new`, file)
}

// ---- Tokens -------------------------------------------------------------------------------------

// The tokens by rank, each a string of one character per byte. The package holds lines of the form
// "! FIRST_RANK TOKEN...", tokens in base64.
function readTokens(name) {
  const file = path.resolve(packageFolder, 'encoders', `${name}.json`)
  const tokens = []
  for (const line of JSON.parse(fs.readFileSync(file, 'utf8')).bpe_ranks.split('\n')) {
    const [, first, ...words] = line.split(' ')
    words.forEach((word, i) => {
      tokens[Number(first) + i] = Buffer.from(word, 'base64').toString('latin1')
    })
  }
  for (let rank = 0; rank < tokens.length; ++rank) {
    const token = tokens[rank]
    check(token !== undefined, `${name} has no token of rank ${rank}`)
    check((token.length === 1) === rank < kBytes, `${name}: the first 256 tokens must be the bytes`)
    check(token.length <= kTokenBytesMax, `${name} has a token of ${token.length} bytes`)
  }
  return tokens
}

// magic, tokens, nodes, slots (32 bits each, as all numbers; little-endian), then
//   the nodes of the tree of all beginnings of tokens, by length and then by bytes; the first is empty
//     per node    its first child, and the end of all: children follow one another
//     per node    the token that ends here, or kNoToken
//     65,536      of the two bytes a, b at a + 256 b: their node, or 0
//   per token   the offset of its bytes, and the end of all
//   per token   the longest other token with which it begins, or kNoToken
//   per token   the two tokens that merge into it; its own rank for a byte
//   per slot    by the hash of the two tokens that merge into it: 0, or its rank + 1 in the low 18 bits
//               and above them the low 14 bits of the hash
//   per node    the last byte of the beginning
//   the bytes of the tokens
function tokenTable(tokens) {
  check(tokens.length < 1 << 18, 'too many tokens for 18 bits')
  const tree = treeOf(tokens)
  const pairs = mergedFrom(tokens)
  const slots = pairSlots(pairs)
  const header = Uint32Array.of(kMagic, tokens.length, tree.labels.length, slots.length)
  const offsets = new Uint32Array(tokens.length + 1)
  tokens.forEach((token, rank) => (offsets[rank + 1] = offsets[rank] + token.length))
  const numbers = [header, Uint32Array.from(tree.firstChildren), Uint32Array.from(tree.tokens),
    tree.nodesOfTwoBytes, offsets, tree.shorter, pairs, slots]
  return Buffer.concat([...numbers.map((part) => Buffer.from(part.buffer)), Buffer.from(tree.labels),
    Buffer.from(tokens.join(''), 'latin1')])
}

// Each node is a range of the sorted tokens that begin alike.
function treeOf(tokens) {
  const sorted = tokens.map((_, rank) => rank)
  sorted.sort((a, b) => (tokens[a] < tokens[b] ? -1 : 1))
  const tree = { firstChildren: [], tokens: [], labels: [0], nodesOfTwoBytes: new Uint32Array(65536),
    shorter: new Uint32Array(tokens.length) }
  const nodes = [{ begin: 0, end: tokens.length, length: 0, shorter: kNoToken }]
  for (let i = 0; i < nodes.length; ++i) {
    let { begin, end, length, shorter } = nodes[i]
    const endsHere = tokens[sorted[begin]].length === length
    tree.firstChildren.push(nodes.length)
    tree.tokens.push(endsHere ? sorted[begin] : kNoToken)
    if (endsHere) {
      tree.shorter[sorted[begin]] = shorter
      shorter = sorted[begin++]
    }
    while (begin < end) {
      const label = tokens[sorted[begin]].charCodeAt(length)
      let next = begin
      while (next < end && tokens[sorted[next]].charCodeAt(length) === label) ++next
      if (length === 1) tree.nodesOfTwoBytes[tree.labels[i] | (label << 8)] = nodes.length
      nodes.push({ begin, end: next, length: length + 1, shorter })
      tree.labels.push(label)
      begin = next
    }
  }
  tree.firstChildren.push(nodes.length)
  return tree
}

function pairSlots(pairs) {
  const bits = Math.ceil(Math.log2(pairs.length))
  const slots = new Uint32Array(1 << bits)
  for (let rank = kBytes; 2 * rank < pairs.length; ++rank) {
    const hash = hashOfPair(pairs[2 * rank], pairs[2 * rank + 1])
    let slot = hash >>> (32 - bits)
    while (slots[slot] !== 0) slot = (slot + 1) % slots.length
    slots[slot] = ((hash << 18) | (rank + 1)) >>> 0
  }
  return slots
}

function hashOfPair(left, right) {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

// What each token was merged from: its bytes, encoded with the tokens of lower rank, are two.
function mergedFrom(tokens) {
  const ranks = new Map(tokens.map((token, rank) => [token, rank]))
  const pairs = new Uint32Array(2 * tokens.length)
  tokens.forEach((token, rank) => {
    const parts = token.length === 1 ? [token, token] : mergeBelow(rank, token, ranks)
    check(parts.length === 2, `the token ${JSON.stringify(token)} is no merge of two others`)
    pairs[2 * rank] = ranks.get(parts[0])
    pairs[2 * rank + 1] = ranks.get(parts[1])
  })
  return pairs
}

function mergeBelow(limit, token, ranks) {
  const parts = [...token]
  for (;;) {
    let best = limit
    let at = -1
    for (let i = 0; i + 1 < parts.length; ++i) {
      const rank = ranks.get(parts[i] + parts[i + 1])
      if (rank < best) [best, at] = [rank, i]
    }
    if (at < 0) return parts
    parts.splice(at, 2, parts[at] + parts[at + 1])
  }
}

// ---- Characters ---------------------------------------------------------------------------------

// One 16-bit number for each block of 128 code points, in their order: which of the distinct blocks
// that follow it is. Those are one byte for each code point, and the first is ASCII.
function characterClasses() {
  const classes = new Uint8Array(kCodePoints).fill(kSymbol)
  for (const [bit, expression] of [...kClasses].reverse()) {
    for (const codePoint of matchesOf(expression)) classes[codePoint] = bit
  }
  const blocks = new Map()
  const index = new Uint16Array(kCodePoints / kBlock)
  for (let i = 0; i < index.length; ++i) {
    const block = Buffer.from(classes.subarray(i * kBlock, (i + 1) * kBlock)).toString('latin1')
    if (!blocks.has(block)) blocks.set(block, blocks.size)
    index[i] = blocks.get(block)
  }
  return Buffer.concat([Buffer.from(index.buffer), Buffer.from([...blocks.keys()].join(''), 'latin1')])
}

// The code points that match, as the package sees it: an encoding whose tokens are the single bytes
// leaves out of its answer what its expression does not match.
function matchesOf(expression) {
  const bytes = Array.from({ length: kBytes }, (_, byte) => Buffer.of(byte).toString('base64'))
  const encoding = new Tiktoken(`! 0 ${bytes.join(' ')}`, {}, expression)
  let all = ''
  for (let codePoint = 0; codePoint < kCodePoints; ++codePoint) {
    if (codePoint < 0xd800 || codePoint > 0xdfff) all += String.fromCodePoint(codePoint)
  }
  const matches = Buffer.from(encoding.encode_ordinary(all)).toString('utf8')
  encoding.free()
  return Array.from(matches, (character) => character.codePointAt(0))
}

function check(condition, complaint) {
  if (!condition) throw new Error(complaint)
}

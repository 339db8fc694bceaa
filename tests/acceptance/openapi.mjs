// Calls everything that /openapi.json describes, in every way that it describes, and holds each answer against
// the document's own schemas. Arguments: gateway, mode (`fake`: the fake upstream, or `demo`), token, and with
// the fake upstream a token without a balance, the operations key and a proxy.

import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const [gateway, mode, token, poor, opsKey, proxy] = process.argv.slice(2)

// ---- The document ---------------------------------------------------------------------------------

const document = await (await fetch(`${gateway}/openapi.json`)).json()
const verdict = await new Validator().validate(structuredClone(document))
if (!verdict.valid) fail(`no valid OpenAPI document: ${JSON.stringify(verdict.errors, null, 2)}`)

const ajv = addFormats(new Ajv2020.default({ strict: false, allErrors: true }))
ajv.addSchema(document, 'api')

const pointerPart = (name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
const refAt = (...names) => ({ $ref: `api#/${names.map(pointerPart).join('/')}` })
const compiled = new Map()

// What is wrong with a value, or nothing.
function faultOf(value, schema) {
  const key = JSON.stringify(schema)
  if (!compiled.has(key)) compiled.set(key, ajv.compile(inDocument(schema)))
  const validate = compiled.get(key)
  return validate(value) ? null : ajv.errorsText(validate.errors)
}

// References within the document, as one schema of many sees them.
function inDocument(schema) {
  return JSON.parse(JSON.stringify(schema), (key, value) =>
    key === '$ref' && value.startsWith('#') ? `api${value}` : value)
}

function resolve(thing) {
  if (!thing?.$ref) return thing
  return thing.$ref.slice(2).split('/').reduce((at, name) => at[name.replaceAll('~1', '/')], document)
}

const kMethods = ['get', 'put', 'post', 'delete', 'patch']
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  kMethods.filter((method) => item[method]).map((method) => ({
    path, method, ...item[method],
    parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolve),
  })))
if (operations.length < 20) fail(`only ${operations.length} operations`)

// ---- Requests -------------------------------------------------------------------------------------

// One request for each example of each type of body; one for an operation without a body.
function examplesOf(operation) {
  const body = resolve(operation.requestBody)
  if (!body) return [{ name: '' }]
  return Object.entries(body.content).flatMap(([type, media]) => {
    if (!media.examples) fail(`${operation.operationId}: no example of ${type}`)
    return Object.entries(media.examples).map(([name, { value }]) => ({ name: `${type} ${name}`, type, value, media }))
  })
}

let addresses = 0
const freshAddress = () => `198.51.${100 + (addresses >> 8)}.${addresses++ & 255}`

// `changes`: token, address, body (of the example's value), method.
async function call(operation, example, changes = {}) {
  const key = changes.token ?? token
  const headers = { 'x-forwarded-for': changes.address ?? freshAddress() }
  const scheme = Object.keys(operation.security?.[0] ?? {})[0]
  if (scheme === 'bearer') headers.authorization = `Bearer ${key}`
  if (scheme === 'basic') headers.authorization = changes.token ? `Basic ${btoa(`ann:${key}`)}` : `Bearer ${key}`
  if (scheme === 'ApiKey') headers.apikey = key
  if (scheme === 'operator') headers.authorization = `Basic ${btoa(`admin:${changes.token ?? opsKey}`)}`
  if (scheme === 'opskey') headers.opskey = changes.token ?? opsKey
  if (operation.tags[0] === 'platform') delete headers.authorization
  const url = new URL(gateway + operation.path.replace(/\{(\w+)\}/g, (_, name) => {
    const parameter = operation.parameters.find((one) => one.in === 'path' && one.name === name)
    return parameter.example ?? parameter.schema.examples[0]
  }))
  for (const parameter of operation.parameters) {
    if (parameter.in === 'query' && parameter.required) url.searchParams.set(parameter.name, parameter.example)
  }
  const value = example.value && fill(changes.body ? changes.body(structuredClone(example.value)) : example.value, key)
  const answer = await fetch(url, {
    method: (changes.method ?? operation.method).toUpperCase(), headers: { ...headers, ...typeOf(example) },
    body: bodyOf(example, value), redirect: 'manual', signal: AbortSignal.timeout(60_000) })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

function typeOf({ type }) {
  return type && type !== 'multipart/form-data' ? { 'content-type': type } : {}
}

// What only the caller knows.
function fill(value, key) {
  return JSON.parse(JSON.stringify(value).replaceAll('YOUR_TOKEN', key).replaceAll('YOUR_UPSTREAM_KEY', 'sk-own')
    .replaceAll('http://proxy.example.org:8080', proxy ?? ''))
}

function bodyOf({ type, media }, value) {
  if (!type) return undefined
  if (type === 'application/json') return JSON.stringify(value)
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(value).toString()
  const form = new FormData()
  for (const [name, text] of Object.entries(value)) form.append(name, text)
  const schema = resolve(media.schema)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.format === 'binary' && schema.required?.includes(name)) form.append(name, new Blob(['RIFF']), 'a.wav')
  }
  return form
}

// ---- Answers --------------------------------------------------------------------------------------

let place = ''
function fail(why) {
  console.error(`openapi: ${place}: ${why}`)
  process.exit(1)
}

function mediaOf(content, type) {
  const plain = type.split(';')[0].trim().toLowerCase()
  return content?.[plain] ?? content?.[`${plain.split('/')[0]}/*`] ?? content?.['*/*']
}

// The answer's status, type, headers and body are those that the operation promises.
function check(operation, answer) {
  const promised = resolve(operation.responses[answer.status] ?? operation.responses.default)
  const shown = `${answer.status} ${answer.text.slice(0, 500)}`
  if (!promised) return fail(`an undocumented status: ${shown}`)
  const type = answer.headers.get('content-type') ?? ''
  const media = mediaOf(promised.content, type)
  if (!media) return fail(`an undocumented type ${type}: ${shown}`)
  if (!/^req_[0-9a-f]{16}$/.test(answer.headers.get('x-request-id'))) fail('no x-request-id')
  const name = { 401: 'WWW-Authenticate', 405: 'Allow' }[answer.status]
  if (promised.headers?.[name] && !answer.headers.has(name)) fail(`no header ${name}: ${shown}`)
  const items = itemsOf(type, answer.text)
  if (media['x-itemSchema']) {
    if (items.length === 0) fail(`an empty stream: ${shown}`)
    for (const item of items) hold(item, media['x-itemSchema'], shown)
  } else if (/^application\/json/.test(type)) {
    hold(JSON.parse(answer.text), media.schema ?? {}, shown)
  }
}

function hold(value, schema, shown) {
  const fault = faultOf(value, schema)
  if (fault) fail(`${fault}: ${shown}`)
}

function itemsOf(type, text) {
  if (type.startsWith('text/event-stream')) {
    const data = text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
    return data.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line))
  }
  const isLines = type === 'application/octet-stream' && text.startsWith('{')
  return isLines ? text.split('\n').map((line) => JSON.parse(line)) : []
}

// How it went, wherever the door says so: `code` or `status` in the body, else the status.
function outcomeOf({ status, headers, text }) {
  if (status !== 200 || !/json|octet/.test(headers.get('content-type'))) return status
  const body = text.startsWith('{') ? JSON.parse(text.split('\n').at(-1)) : {}
  if (body.status === 'Fail' || Object.keys(body).join() === 'message') return 'failed'
  return typeof body.code === 'number' ? body.code : status
}

async function expectOutcome(operation, example, changes, expected) {
  const answer = await call(operation, example, changes)
  check(operation, answer)
  const outcome = outcomeOf(answer)
  if (![expected].flat().includes(outcome)) fail(`got ${outcome}, not ${expected}: ${answer.text.slice(0, 500)}`)
}

// ---- The cases ------------------------------------------------------------------------------------

const kPassedOn = /^passOn/ // of what the fake upstream does not know
const isCounted = (operation) => operation.tags[0] !== 'health'

function successOf({ operationId }) {
  if (operationId === 'platformGet') return 403
  if (operationId === 'askOverWebsocket') return 426
  return kPassedOn.test(operationId) ? [400, 404] : 200
}

const needsKey = ({ security, operationId }) => /^botChat(Custom|Proxy)$/.test(operationId) ||
  (security?.length > 0 && operationId !== 'askOverWebsocket') // which is refused before anybody looks at a key
const takesModel = ({ value }) => typeof value?.model === 'string'
const costs = ({ path, method }, { value }) => method === 'post' && path !== '/accounts' && value &&
  !/^\/(api\/(session|config)|v1\/(moderations|\{path\}))$/.test(path) && !String(value.prompt).startsWith('/')

async function everyCase(operation, example) {
  await expectOutcome(operation, example, {}, successOf(operation))
  if (operation.path.startsWith('/ai/chat_')) return // an upstream key is never wrong here
  if (needsKey(operation)) {
    await expectOutcome(operation, example, { token: 'sk-cg-wrong' }, [401, 403, 'failed'])
  }
  if (isCounted(operation)) await limitedByAddress(operation, example)
  await expectOutcome(operation, example, { address: '192.0.2.7' }, [403])
  if (example.type === 'application/json') {
    const body = (value) => ({ ...value, filler: 'x'.repeat(300_000) })
    await expectOutcome(operation, example, { body }, [413, 'failed', 400])
  }
  if (takesModel(example)) {
    await expectOutcome(operation, example, { body: (value) => ({ ...value, model: 'gpt-9' }) }, 400)
  }
  if (costs(operation, example)) await expectOutcome(operation, example, { token: poor }, [429, 'failed'])
}

async function limitedByAddress(operation, example) {
  const address = freshAddress()
  const free = { ...operation, path: '/v1/models', method: 'get', security: [] }
  for (let i = 0; i < 3; ++i) await call(free, { name: '' }, { address })
  const answer = await call(operation, example, { address })
  check(operation, answer)
  if (![429, 'failed'].includes(outcomeOf(answer))) fail(`not limited: ${answer.status} ${answer.text}`)
  if (!(Number(answer.headers.get('retry-after')) > 0)) fail('no Retry-After')
}

// What a path answers to other methods, and that the documented ones are all that it knows.
async function methodsOf(path, item) {
  const own = kMethods.filter((method) => item[method])
  const operation = operations.find((one) => one.path === path && !one.operationId.endsWith('Get'))
  if (operation.tags[0] === 'v1') return
  place = path
  const asked = await call(operation, { name: '' }, { method: 'options' })
  const allowed = asked.headers.get('allow').toLowerCase().split(', ').filter((method) => kMethods.includes(method))
  const documented = own.filter((method) => item[method].operationId !== 'platformGet')
  if (allowed.sort().join() !== documented.sort().join()) fail(`allows ${allowed}, documents ${documented}`)
  const refused = 405 in operation.responses ? 405 : [400, 405, 'failed'] // some doors have statuses of their own
  await expectOutcome(operation, { name: '' }, { method: 'delete' }, refused)
}

function checkExamples(thing, names = []) {
  if (typeof thing !== 'object' || thing === null) return
  place = names.join('/')
  if (thing.schema && thing.examples && !Array.isArray(thing.examples)) {
    for (const { value } of Object.values(thing.examples)) {
      const isForm = names.at(-1) === 'multipart/form-data' // the file is the caller's
      if (!isForm) hold(value, refAt(...names, 'schema'), JSON.stringify(value))
    }
  }
  const isSchema = names.includes('schema') || names[1] === 'schemas'
  if (isSchema && Array.isArray(thing.examples)) {
    for (const value of thing.examples) hold(value, refAt(...names), JSON.stringify(value))
  }
  for (const name in thing) checkExamples(thing[name], [...names, name])
}

checkExamples(document)
const kOfDemo = /^(createChatCompletion|createResponse|createEmbedding|listModels|retrieveModel)$/
let count = 0
for (const operation of operations) {
  if (mode === 'demo' && operation.tags[0] === 'v1' && !kOfDemo.test(operation.operationId)) continue
  for (const example of examplesOf(operation)) {
    place = `${operation.method} ${operation.path} ${example.name}`
    if (mode === 'demo') await expectOutcome(operation, example, {}, successOf(operation))
    else await everyCase(operation, example)
    ++count
  }
}
if (mode === 'fake') for (const path in document.paths) await methodsOf(path, document.paths[path])
const secrets = readFileSync(0, 'utf8').split('\n').filter(Boolean)
for (const secret of secrets) if (JSON.stringify(document).includes(secret)) fail(`the document tells ${secret}`)
console.log(`${count} examples of ${operations.length} operations`)

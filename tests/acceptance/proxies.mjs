// proxies.mjs: an HTTP and a SOCKS5 proxy (RFC 1928, 1929) for user:p@ss. Prints `ready HTTP SOCKS`, the
// ports, and for each connection that it lets pass the first time `http user:p@ss` or `socks5 user:p@ss`.

import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'

const seen = new Set()
function note(line) {
  if (!seen.has(line)) console.log(line)
  seen.add(line)
}

const proxy = http.createServer((request, answer) => {
  const [, encoded = ''] = (request.headers['proxy-authorization'] ?? '').split(' ')
  const credentials = Buffer.from(encoded, 'base64').toString()
  if (credentials !== 'user:p@ss') return answer.writeHead(407).end()
  note(`http ${credentials}`)
  const { 'proxy-authorization': _, ...headers } = request.headers
  const onward = http.request(request.url, { method: request.method, headers }, (reply) => {
    answer.writeHead(reply.statusCode, reply.headers)
    reply.pipe(answer)
  })
  onward.on('error', () => answer.destroy())
  request.pipe(onward)
})

// The next so many bytes of a socket.
async function take(socket, length) {
  for (;;) {
    const bytes = socket.read(length)
    if (bytes) return bytes
    await once(socket, 'readable')
  }
}

async function serveSocks(socket) {
  const read = (length) => take(socket, length)
  const [, methods] = await read(2)
  await read(methods)
  socket.write(Buffer.from([5, 2])) // user name and password
  const user = await read((await read(2))[1])
  const password = await read((await read(1))[0])
  const credentials = `${user}:${password}`
  socket.write(Buffer.from([1, credentials === 'user:p@ss' ? 0 : 1]))
  if (credentials !== 'user:p@ss') return socket.end()
  const [, , , kind] = await read(4)
  const host = kind === 1 ? (await read(4)).join('.') : String(await read((await read(1))[0]))
  const port = (await read(2)).readUInt16BE()
  const onward = net.connect(port, host, () => {
    note(`socks5 ${credentials}`)
    socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    socket.pipe(onward).pipe(socket)
  })
  onward.on('error', () => socket.destroy())
  socket.on('error', () => onward.destroy())
}

const socks = net.createServer((socket) => serveSocks(socket).catch(() => socket.destroy()))
proxy.listen(0, '127.0.0.1', () => {
  socks.listen(0, '127.0.0.1', () => {
    console.log(`ready ${proxy.address().port} ${socks.address().port}`)
  })
})

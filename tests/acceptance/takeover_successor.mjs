// takeover_successor.mjs SOCKET leave|garbage|wait STAGE, or `protocol`: speaks to a gateway as a process
// that wants to take over, up to a stage (offer, ready, state, go), and then leaves at once, sends garbage,
// or waits to be killed. Prints the stage it has reached, or what the gateway says instead.

import net from 'node:net'

const [path, manner, wanted] = process.argv.slice(2)
const socket = net.connect(path)
const say = (object) => socket.write(JSON.stringify(object) + '\n')
// What is sent once a stage is reached; what the gateway says next is the one after it.
const replies = { offer: { say: 'ready', names: ['http'] }, state: { say: 'accepted' } }

function reach(stage) {
  if (stage === wanted) {
    console.log(stage)
    if (manner === 'leave') process.exit(0)
    if (manner === 'garbage') socket.write('{"say":"hello"}\n')
    return
  }
  if (replies[stage]) say(replies[stage])
  if (stage === 'offer' && wanted === 'ready') {
    socket.end(() => {
      console.log('ready')
      process.exit(0)
    })
  }
}

let rest = ''
socket.setEncoding('utf8')
socket.on('connect', () => say({ verb: 'takeover', protocol: manner === 'protocol' ? 999 : 1 }))
socket.on('data', (text) => {
  const lines = (rest + text).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    const message = JSON.parse(line)
    if (message.error || message.say === 'abort') {
      console.log(line)
      process.exit(0)
    }
    reach(message.say)
  }
})
socket.on('end', () => process.exit(1))
socket.on('error', () => process.exit(1))

import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Of a connection: the responses that it has still to send, and how many bytes had come when the last one was sent. */
interface Use {
  unsent: number
  received: number
}

/**
 * Lets a server that closes finish what its connections receive and send. Node.js's own `closeIdleConnections`, which `close` calls,
 * cuts a response that is written and that the kernel has not taken, and keeps a connection that never sent anything.
 */
export function keepBusyConnections(server: Server): void {
  const connections = new Map<Socket, Use>()
  let closing = false
  server.on('connection', (socket: Socket) => {
    connections.set(socket, { unsent: 0, received: 0 })
    socket.once('close', () => connections.delete(socket))
  })
  server.on('request', (request, response) => {
    const { socket } = request
    const use = connections.get(socket)
    if (use === undefined) return
    use.unsent++
    const record = () => {
      use.received = socket.bytesRead
    }
    // A response may end before its request.
    request.once('close', record)
    response.once('close', () => {
      use.unsent--
      record()
      if (closing && use.unsent === 0) socket.destroySoon()
    })
  })
  const endIdle = () => {
    for (const [socket, { unsent, received }] of connections)
      if (unsent === 0 && socket.bytesRead === received) socket.destroy()
  }
  server.closeIdleConnections = () => {
    closing = true
    // What has come to the kernel is received first.
    setImmediate(() => setImmediate(endIdle))
  }
}

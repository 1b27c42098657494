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
  server.on('request', ({ socket }, response) => {
    const use = connections.get(socket)
    if (use === undefined) return
    use.unsent++
    response.once('close', () => {
      use.unsent--
      use.received = socket.bytesRead
      if (closing && use.unsent === 0) socket.destroySoon()
    })
  })
  server.closeIdleConnections = () => {
    closing = true
    for (const [socket, { unsent, received }] of connections)
      if (unsent === 0 && socket.bytesRead === received) socket.destroy()
  }
}

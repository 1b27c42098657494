import { maxHeaderSize, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

const answer = (code: string | undefined): readonly [status: number, error: string] => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return [408, 'the request did not arrive in time: send it without pauses']
  if (code === 'HPE_HEADER_OVERFLOW')
    return [431, `the headers are larger than ${maxHeaderSize} bytes: send fewer or shorter ones`]
  return [
    400,
    'the bytes are not a request of HTTP/1.1: send one, and as many bytes of body as its headers announce',
  ]
}

/** How long such a client may read nothing. */
const IDLE_MS = 5000

/** Answers what Node.js cannot read as a request, and closes its connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // Node.js reports each further chunk of such a connection.
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const [status, text] = answer(error.code)
  const body = JSON.stringify({ error: text })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  // A response before it may not be sent yet.
  socket.destroySoon()
  socket.setTimeout(IDLE_MS, () => socket.destroy())
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'

/** A program that divides requests among servers. */
export interface Balancer {
  readonly name: string
  /** @param retries whether a request that a server lost is sent again */
  readonly config: (port: number, servers: readonly number[], folder: string, retries: boolean) => string
  readonly args: (config: string, folder: string) => readonly string[]
}

export const haproxy: Balancer = {
  name: 'haproxy',
  config: (port, servers, _folder, retries) => `
global
  tune.bufsize 65536
defaults
  mode http
  option http-buffer-request
  ${retries ? 'retries 3\n  retry-on conn-failure empty-response response-timeout 503\n  option redispatch 1' : 'retries 0'}
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  timeout check 10s
frontend all
  bind 127.0.0.1:${port}
  default_backend models
backend models
  balance leastconn
  option httpchk GET /v2/health/ready
  default-server check inter 300ms fall 2 rise 1
${servers.map((server, i) => `  server s${i} 127.0.0.1:${server}`).join('\n')}
`,
  args: (config) => ['-db', '-q', '-f', config],
}

export const nginx: Balancer = {
  name: 'nginx',
  config: (port, servers, folder) => `
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream models {
    least_conn;
${servers.map((server) => `    server 127.0.0.1:${server} max_fails=1 fail_timeout=2s;`).join('\n')}
    keepalive 8;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://models;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream error timeout http_503 non_idempotent;
    }
  }
}
`,
  args: (config, folder) => ['-p', folder, '-c', config],
}

const path = `${process.env.PATH}:/usr/sbin`

export function isInstalled({ name }: Balancer): boolean {
  try {
    execFileSync(name, ['-v'], { stdio: 'ignore', env: { PATH: path } })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const accepted = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return accepted
}

/** Starts a balancer, and waits until it accepts connections. */
export async function startBalancer(
  balancer: Balancer,
  servers: readonly number[],
  folder: string,
  retries: boolean,
): Promise<{ readonly port: number; readonly child: ChildProcess }> {
  const port = await freePort()
  const config = join(folder, `${balancer.name}.conf`)
  writeFileSync(config, balancer.config(port, servers, folder, retries))
  const child = spawn(balancer.name, balancer.args(config, folder), {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: path },
  })
  while (child.exitCode === null && !(await accepts(port)))
    await new Promise((resolve) => setTimeout(resolve, 50))
  return { port, child }
}

/** The entry of a probe's process: `node probe.js NAME ARGUMENT...`. Without a parent process it prints the answer. */
import { toFailure } from './failure'
import { probes } from './probes'

async function main([name, ...args]: readonly string[]): Promise<void> {
  const probe = probes[name as keyof typeof probes] as (...args: string[]) => Promise<unknown>
  const found = await probe(...args).then(
    (answer) => ({ answer }),
    (error) => ({ failure: toFailure(error) }),
  )
  if (process.send === undefined) console.log(JSON.stringify(found, null, 2))
  else process.send(found, () => process.disconnect())
}

void main(process.argv.slice(2))

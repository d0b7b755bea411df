/** `npm run cluster`: Redis, runners, their front and an agent, on this machine. */
import { readdirSync } from "node:fs"
import { block, writeFiles } from "./block.ts"
import { type Child, type Command, start } from "./Child.ts"
import * as commands from "./commands.ts"
import * as folders from "./folder.ts"
import { help, type Options, parse } from "./options.ts"
import { freePort, isFree } from "./ports.ts"
import * as redis from "./redis.ts"

const pollMillis = 50
/** A process that ends this often before the cloud is ready will not get well by itself. */
const endsMax = 5
/** Room for as many runners as may be. */
const runnerPortsFrom = 100

const startedAt = performance.now()
const children: Array<Child> = []
let isStopping = false

const stopAll = async (exitCode: number): Promise<never> => {
  // Once more: without waiting.
  if (isStopping) {
    children.forEach((child) => child.kill())
    process.exit(1)
  }
  isStopping = true
  const stop = (pattern: RegExp) => Promise.all(children.filter(({ name }) => pattern.test(name)).map((child) => child.stop()))
  // From outside to inside: nobody asks for what is gone.
  for (const pattern of [/^front$/, /^agent$/, /^runner-/, /^redis$/]) await stop(pattern)
  process.exit(exitCode)
}

const complain = (message: string): Promise<never> => {
  process.stderr.write(`${message.replaceAll(/^/gm, "kilonova: ")}\n`)
  return stopAll(1)
}

let isReady = false
const run = (command: Command): Child => {
  const child = start(command, ({ ends, name }) => {
    if (!isReady && ends() === endsMax) void complain(`${name} does not start: it ended ${endsMax} times; see its lines above`)
  })
  children.push(child)
  return child
}

const planned = async ({ dataDir, hosts, isFresh, port, runners }: Options): Promise<commands.Plan> => {
  if (!redis.isInstalled()) await complain(redis.missing)
  const folder = folders.open(dataDir)
  if (!(await folders.lock(folder))) await complain(`The data folder ${folder.path} is in use by another "npm run cluster": stop it, or give another --data-dir`)
  if (port !== 0 && !(await isFree(port))) await complain(`Port ${port} of 127.0.0.1 is in use: stop what listens there, or give another --port`)
  if (isFresh) folders.empty(folder, readdirSync(folder.path))
  const taken = new Set<number>()
  const near = (offset: number) => freePort(port === 0 ? 0 : port + offset, taken)
  const frontPort = await near(0)
  const redisPort = await near(runnerPortsFrom)
  const places: Array<commands.Place> = []
  for (let index = 1; index <= runners; index++) {
    const own = await near(index)
    places.push({ url: `http://127.0.0.1:${own}`, port: own, runnerPort: await near(runnerPortsFrom + index) })
  }
  return {
    folder, hosts, frontPort, runners: places,
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    redisPassword: folder.secret("redis-password")
  }
}

const areReady = async ({ frontPort, runners }: commands.Plan): Promise<boolean> => {
  try {
    const { runners: seen } = await (await fetch(`http://127.0.0.1:${frontPort}/healthz`)).json() as { runners: { ready: number } }
    return seen.ready === runners.length
  } catch {
    return false
  }
}

const main = async (options: Options): Promise<void> => {
  const plan = await planned(options)
  writeFiles(plan)
  const store = { port: Number(new URL(plan.redisUrl).port), password: plan.redisPassword, dir: plan.folder.at("redis") }
  run(redis.command(store))
  await redis.ready(store, () => isStopping)
  const runners = plan.runners.map((place, index) => run(commands.runner(plan, place, index)))
  run(commands.front(plan))
  const driven = new Set<string>()
  await commands.makeTokens(plan)
  if (isStopping) return
  run(commands.agent(plan, (hostname) => driven.add(hostname)))
  while (!isStopping && (driven.size < plan.hosts || !(await areReady(plan)))) await new Promise((resolve) => setTimeout(resolve, pollMillis))
  if (isStopping) return
  isReady = true
  process.stdout.write(block(plan, runners, ((performance.now() - startedAt) / 1000).toFixed(1)))
}

const parsed = (): Options | null => {
  try {
    return parse(process.argv.slice(2), commands.root)
  } catch (error) {
    process.stderr.write(`kilonova: ${error instanceof Error ? error.message : String(error)}\nSee npm run cluster -- --help\n`)
    return process.exit(2)
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stopAll(0))
const options = parsed()
if (options === null) process.stdout.write(help)
else main(options).catch((error: unknown) => void complain(error instanceof Error ? error.message : String(error)))

import { Effect } from "effect"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import type { Window } from "../../Window.ts"
import { type Method, operation } from "../Operations.ts"

/** What Nova once had and answers "gone" to at every version: paths, with the methods they took. */
const paths: ReadonlyArray<readonly [path: string, methods: string]> = [
  ["/os-agents", "GET POST"],
  ["/os-agents/:id", "PUT DELETE"],
  ["/os-cells", "GET POST"],
  ["/os-cells/capacities", "GET"],
  ["/os-cells/detail", "GET"],
  ["/os-cells/info", "GET"],
  ["/os-cells/sync_instances", "POST"],
  ["/os-cells/:id", "GET PUT DELETE"],
  ["/os-cells/:id/capacities", "GET"],
  ["/os-certificates", "POST"],
  ["/os-certificates/:id", "GET"],
  ["/os-cloudpipe", "GET POST"],
  ["/os-cloudpipe/:id", "PUT"],
  ["/os-fixed-ips/:id", "GET"],
  ["/os-floating-ip-dns", "GET"],
  ["/os-floating-ip-dns/:id", "PUT DELETE"],
  ["/os-floating-ip-dns/:id/entries/:entry", "GET PUT DELETE"],
  ["/os-floating-ips-bulk", "GET POST"],
  ["/os-floating-ips-bulk/:id", "GET PUT"],
  ["/os-fping", "GET"],
  ["/os-fping/:id", "GET"],
  ["/os-networks", "POST"],
  ["/os-networks/add", "POST"],
  ["/os-networks/:id", "DELETE"],
  ["/os-security-group-default-rules", "GET POST"],
  ["/os-security-group-default-rules/:id", "GET DELETE"],
  ["/os-tenant-networks", "POST"],
  ["/os-tenant-networks/:id", "DELETE"],
  ["/servers/:id/consoles", "GET POST"],
  ["/servers/:id/consoles/:console", "GET DELETE"],
  ["/servers/:id/os-virtual-interfaces", "GET"]
]
const actions: ReadonlyArray<Window & { readonly path: string; readonly action: string }> = [
  ...["reserve", "unreserve"].map((action) => ({ path: "/os-fixed-ips/:id/action", action })),
  ...["associate_host", "disassociate", "disassociate_host", "disassociate_project"].map((action) => ({ path: "/os-networks/:id/action", action })),
  { path: "/servers/:id/action", action: "resetNetwork" }
]

const gone = Effect.fail(refuse("notFound", "This resource is gone for good.", "Gone"))
/** Gone like the others, but the reference calls the request bad. */
const noRdp = Effect.fail(refuse("badRequest", "There are no RDP consoles."))
const row = (method: Method, path: string, rest: Window & { readonly action?: string } = {}) =>
  operation({ ...rest, method, path, status: 410, handle: () => gone })

export const routes = [
  ...paths.flatMap(([path, methods]) => methods.split(" ").map((method) => row(method as Method, path))),
  ...actions.map(({ path, ...rest }) => row("POST", path, rest)),
  operation({ method: "POST", path: "/servers/:id/action", action: "os-getRDPConsole", until: 5, status: 410, handle: () => noRdp })
]

/** libvirt's connection URIs: where the socket is, and what name the daemon is asked to open there. Pure. */
import { Result } from "effect"
import { LibvirtConnectionError } from "./LibvirtError.ts"

/** A unix socket to try (the first that exists is meant), or a TCP address. */
export type Endpoint =
  | { readonly _tag: "Unix"; readonly paths: ReadonlyArray<string> }
  | { readonly _tag: "Tcp"; readonly host: string; readonly port: number }

export interface ConnectTarget {
  readonly endpoint: Endpoint
  /** What the daemon opens: the URI without transport, host and our own parameters. */
  readonly name: string
}

const tcpPort = 16_509

/** The daemon of one driver, where a host runs one per driver instead of a single libvirtd. */
const modularDaemons: { readonly [driver: string]: string } = { qemu: "virtqemud", lxc: "virtlxcd", test: "libvirtd" }

const socketPaths = (driver: string, path: string, runtimeFolder: string | undefined): ReadonlyArray<string> => {
  const folder = path === "/session" && runtimeFolder !== undefined ? `${runtimeFolder}/libvirt` : "/run/libvirt"
  const modular = `${modularDaemons[driver] ?? "libvirtd"}-sock`
  return [`${folder}/libvirt-sock`, ...(modular === "libvirtd-sock" ? [] : [`${folder}/${modular}`])]
}

const invalid = (uri: string, why: string) =>
  Result.fail(new LibvirtConnectionError({ reason: "refused", message: `${uri}: ${why}`, wasSent: false }))

/**
 * Reads a connection URI.
 *
 * `qemu:///system` and `qemu:///session`, `test:///default`, `lxc:///` use the local socket, or the one of
 * `?socket=PATH`; `qemu+tcp://host:port/system` an unencrypted connection. TLS and SSH are refused.
 *
 * @param runtimeFolder where a session daemon keeps its socket, `$XDG_RUNTIME_DIR`.
 */
export const parseUri = (
  uri: string,
  runtimeFolder?: string
): Result.Result<ConnectTarget, LibvirtConnectionError> => {
  const parts = /^([a-z]+)(?:\+([a-z]+))?:\/\/(\[[^\]]+\]|[^/:?]*)(?::(\d+))?(\/[^?]*)?(?:\?(.*))?$/.exec(uri)
  if (parts === null) return invalid(uri, "not a libvirt URI")
  const [, driver = "", transport, host = "", port, path = "/", query = ""] = parts
  const name = `${driver}://${path}`
  const socket = new URLSearchParams(query).get("socket")

  switch (transport ?? (host === "" ? "unix" : "tls")) {
    case "unix":
      if (host !== "") return invalid(uri, "a unix socket has no host")
      return Result.succeed({
        name,
        endpoint: { _tag: "Unix", paths: socket === null ? socketPaths(driver, path, runtimeFolder) : [socket] }
      })
    case "tcp":
      if (host === "") return invalid(uri, "the host is missing")
      return Result.succeed({
        name,
        endpoint: { _tag: "Tcp", host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? tcpPort : Number(port) }
      })
    default:
      return invalid(uri, `transport ${transport ?? "tls"} is not supported, use unix or tcp`)
  }
}

/** What a newcomer reads when everything is up. */
import { cloudsYaml, exportLines } from "../../src/runtime/main/cloudsYaml.ts"
import type { Child } from "./Child.ts"
import type { Plan } from "./commands.ts"

const startLine = "node cluster/start.mjs"

/** Files by which clients and operators' commands find this cloud. */
export const writeFiles = ({ folder, frontPort, redisPassword, redisUrl }: Plan): void => {
  const url = `http://127.0.0.1:${frontPort}`
  folder.write("clouds.yaml", cloudsYaml({ url, username: "admin", password: folder.secret("admin-password") }))
  folder.write("cluster.toml", `redis = "${redisUrl}"\nredis-password = "${redisPassword}"\n`)
}

export const block = ({ folder, frontPort, hosts, runners }: Plan, children: ReadonlyArray<Child>, seconds: string): string => {
  const [first] = children
  return `
A cloud of ${runners.length} runners and ${hosts} hosts is ready at http://127.0.0.1:${frontPort}, after ${seconds} s.

  Use it:   ${exportLines(folder.at("clouds.yaml")).join("\n            ")}
            openstack server create --image tiny --flavor m1.tiny --network private --wait hello
  Look:     ${startLine} cluster status --config ${folder.at("cluster.toml")}
  Break it: kill -9 ${first?.pid()}    (${children.map((child) => `${child.name} is process ${child.pid()}`).join(", ")})
            The others take over; it is started again.
  Stop it:  Ctrl-C. All is kept in ${folder.path}; --fresh starts anew.

`
}

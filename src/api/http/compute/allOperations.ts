import { routes as flavors } from "./flavors/routes.ts"

/** Every operation of the compute service: the rows of its resources. */
export const operations = [
  ...flavors
]

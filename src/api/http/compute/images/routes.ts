/** Images as compute showed them before clients went to the image service themselves. */
import { operation } from "../Operations.ts"
import * as handlers from "./handlers.ts"
import * as requests from "./requests.ts"

const until = 35
const images = { path: "/images", until, status: 200 }
const image = { path: "/images/:id", until }
const metadata = { path: "/images/:image/metadata", until: 38, status: 200 }
const item = { path: "/images/:image/metadata/:key", until: 38, status: 200 }

export const routes = [
  operation({ ...images, method: "GET", query: requests.list, handle: handlers.list("index") }),
  operation({ ...images, method: "GET", path: "/images/detail", query: requests.list, handle: handlers.list("detail") }),
  operation({ ...image, method: "GET", status: 200, query: requests.ignored, handle: handlers.show }),
  operation({ ...image, method: "DELETE", status: 204, handle: handlers.remove }),
  operation({ ...metadata, method: "GET", query: requests.ignored, handle: handlers.metadata }),
  operation({ ...metadata, method: "POST", body: requests.metadata, handle: handlers.addMetadata }),
  operation({ ...metadata, method: "PUT", body: requests.metadata, handle: handlers.replaceMetadata }),
  operation({ ...item, method: "GET", query: requests.ignored, handle: handlers.showItem }),
  operation({ ...item, method: "PUT", body: requests.oneItem, handle: handlers.putItem }),
  operation({ ...item, method: "DELETE", status: 204, handle: handlers.removeItem })
]

/** The simulation's store keeps every promise of the port, as the real ones must. */
import { TestClock } from "effect/testing"
import { storeContract } from "../../runtime/storeContract.ts"
import * as modelStore from "./modelStore.ts"

storeContract("The simulation's model", {
  fresh: () => modelStore.layer,
  elapse: (millis) => TestClock.adjust(millis + 1)
})

import { Result } from "effect"
import { type Refusal, refuse } from "../../shared/Refusal.ts"
import { type HardwareWish, isAmong, type PciNumaPolicy, pciNumaPolicies, spec } from "./HardwareWish.ts"
import { contradiction } from "./refusal.ts"

/** How near PCI devices must be to the guest's memory; the flavor and the image must agree. */
export const pciPolicyOf = (wish: HardwareWish): Result.Result<PciNumaPolicy | null, Refusal> => {
  const flavor = spec(wish, "pci_numa_affinity_policy")
  const image = wish.image.pciNumaPolicy
  if (flavor !== null && image !== null && flavor !== image) {
    return Result.fail(refuse("forbidden", `Image property hw_pci_numa_affinity_policy=${image} contradicts hw:pci_numa_affinity_policy=${flavor} of the flavor: they must agree.`, "ImagePCINUMAPolicyForbidden"))
  }
  const policy = flavor ?? image
  return policy === null || isAmong(pciNumaPolicies, policy)
    ? Result.succeed(policy)
    : contradiction("InvalidPCINUMAAffinity", `hw:pci_numa_affinity_policy is '${policy}', it must be one of ${pciNumaPolicies.join(", ")}.`)
}

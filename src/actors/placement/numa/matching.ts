/** Finds a place for `seeker`, asking those who sit where it may sit to move (Kuhn). */
const seat = (
  seeker: number, places: number, may: (seeker: number, place: number) => boolean, owner: Array<number>, fixed: number, tried: Set<number>
): boolean => {
  for (let place = 0; place < places; place++) {
    if (tried.has(place) || !may(seeker, place)) continue
    const sitting = owner[place]!
    if (sitting >= 0 && sitting < fixed) continue
    tried.add(place)
    if (sitting < 0 || seat(sitting, places, may, owner, fixed, tried)) {
      owner[place] = seeker
      return true
    }
  }
  return false
}

/**
 * A place of its own for each seeker: of all ways the first, when the earlier seekers choose before the later ones and each
 * prefers the earlier place. `null`: there is no way.
 */
export const matching = (
  seekers: number, places: number, may: (seeker: number, place: number) => boolean
): ReadonlyArray<number> | null => {
  if (seekers === 1) {
    for (let place = 0; place < places; place++) if (may(0, place)) return [place]
    return null
  }
  let owner = Array.from({ length: places }, () => -1)
  for (let seeker = 0; seeker < seekers; seeker++) if (!seat(seeker, places, may, owner, 0, new Set())) return null
  for (let seeker = 0; seeker < seekers; seeker++) {
    for (let place = 0; place < places; place++) {
      const sitting = owner[place]!
      if (sitting === seeker) break
      if ((sitting >= 0 && sitting < seeker) || !may(seeker, place)) continue
      const moved = owner.map((one) => one === seeker ? -1 : one)
      moved[place] = seeker
      if (sitting < 0 || seat(sitting, places, may, moved, seeker + 1, new Set([place]))) {
        owner = moved
        break
      }
    }
  }
  return Array.from({ length: seekers }, (_, seeker) => owner.indexOf(seeker))
}

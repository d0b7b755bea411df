import { matching } from "./matching.ts"

type May = (seeker: number, place: number) => boolean

/** Is there a way for the seekers after those who sit, that takes all the places of one of the sets? */
const canGoOn = (seekers: number, places: number, may: May, sets: ReadonlyArray<ReadonlyArray<number>>, sitting: ReadonlyArray<number>): boolean => {
  const first = sitting.length
  const isOpen = (place: number) => !sitting.includes(place)
  const rest = seekers - first
  if (rest > 0 && matching(rest, places, (seeker, place) => isOpen(place) && may(first + seeker, place)) === null) return false
  // All seekers can sit, and all of the set can be sat on: then both can be at once (Mendelsohn and Dulmage).
  return sets.some((set) => {
    const left = set.filter(isOpen)
    return left.length === 0 || matching(left.length, rest, (place, seeker) => may(first + seeker, left[place]!)) !== null
  })
}

/** Of all ways to sit that take all the places of one of the sets, is there any? */
export const isMatchedOver = (seekers: number, places: number, may: May, sets: ReadonlyArray<ReadonlyArray<number>>): boolean =>
  canGoOn(seekers, places, may, sets, [])

/** As `matching`, of the ways alone that take all the places of one of the sets. */
export const matchingOver = (seekers: number, places: number, may: May, sets: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> | null => {
  if (!canGoOn(seekers, places, may, sets, [])) return null
  const sitting: Array<number> = []
  for (let seeker = 0; seeker < seekers; seeker++) {
    for (let place = 0; place < places; place++) {
      if (sitting.includes(place) || !may(seeker, place) || !canGoOn(seekers, places, may, sets, [...sitting, place])) continue
      sitting.push(place)
      break
    }
  }
  return sitting
}

/** Before, the list was cut at its largest page and said nothing of it. */
export const comesInPages = { since: 40 }

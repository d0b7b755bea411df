/** As much XML as talking to libvirt takes: elements to text with everything escaped, and its answers to elements. */

export interface Element {
  readonly name: string
  readonly attributes: { readonly [name: string]: string }
  readonly children: ReadonlyArray<Element>
  /** Character data directly inside, trimmed. */
  readonly text: string
}

type Child = Element | string | null

/** An element to be written. Attributes that are `null` and children that are `null` are left out. */
export const el = (
  name: string,
  attributes: { readonly [name: string]: string | number | null },
  ...children: ReadonlyArray<Child>
): Element => ({
  name,
  attributes: Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => value === null ? [] : [[key, String(value)]])
  ),
  children: children.filter((child): child is Element => typeof child === "object" && child !== null),
  text: children.filter((child) => typeof child === "string").join("")
})

const entities: { readonly [character: string]: string } = {
  "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&apos;"
}

/** Characters XML 1.0 cannot carry in any spelling; a display name may contain them. */
// oxlint-disable-next-line no-control-regex
const unspeakable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

const escape = (text: string): string =>
  text.toWellFormed().replaceAll(unspeakable, "").replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)

/** Text of an element, two spaces a level. */
export const render = (element: Element, indent = ""): string => {
  const attributes = Object.entries(element.attributes).map(([name, value]) => ` ${name}="${escape(value)}"`).join("")
  const open = `${indent}<${element.name}${attributes}`
  if (element.children.length > 0) {
    const inner = element.children.map((child) => render(child, `${indent}  `)).join("\n")
    return `${open}>\n${inner}\n${indent}</${element.name}>`
  }
  return element.text === "" ? `${open}/>` : `${open}>${escape(element.text)}</${element.name}>`
}

const unescape = (text: string): string =>
  Object.entries(entities).reduceRight((all, [character, entity]) => all.replaceAll(entity, character), text)

interface Open {
  readonly name: string
  readonly attributes: { [name: string]: string }
  readonly children: Array<Element>
  text: string
}

/**
 * Reads the XML libvirt writes: elements, attributes, text; no CDATA, no namespaces, no document type.
 * Anything else makes an incomplete tree, never an exception: callers look for what they need.
 */
export const parse = (xml: string): Element => {
  const root: Open = { name: "", attributes: {}, children: [], text: "" }
  const stack: Array<Open> = [root]
  const token = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/g
  for (const [, closing, name, attributes, empty, text] of xml.matchAll(token)) {
    const top = stack[stack.length - 1] ?? root
    if (text !== undefined) top.text += unescape(text)
    if (name === undefined) continue
    if (closing === "/") {
      if (stack.length > 1) stack.pop()
      top.text = top.text.trim()
      continue
    }
    const element: Open = { name, attributes: {}, children: [], text: "" }
    for (const [, key, double, single] of (attributes ?? "").matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
      if (key !== undefined) element.attributes[key] = unescape(double ?? single ?? "")
    }
    top.children.push(element)
    if (empty !== "/") stack.push(element)
  }
  return root.children[0] ?? root
}

/** All elements reached by following these names downwards. */
export const all = (element: Element, ...path: ReadonlyArray<string>): ReadonlyArray<Element> =>
  path.reduce<ReadonlyArray<Element>>(
    (level, name) => level.flatMap((each) => each.children.filter((child) => child.name === name)),
    [element]
  )

/** The first such element. */
export const first = (element: Element, ...path: ReadonlyArray<string>): Element | undefined => all(element, ...path)[0]

type Child = Node | string | false | undefined

/** An element with attributes and children. Text stays text, whatever is in it. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.filter((child): child is Node | string => Boolean(child)))
  return made
}

/** A button with an icon, or a text, that says what it does to whoever does not see it. */
export function button(
  attributes: Readonly<Record<string, string>>,
  onClick: () => void,
  ...children: readonly Child[]
): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, ...children)
  made.addEventListener('click', onClick)
  return made
}

const SVG = 'http://www.w3.org/2000/svg'

/** A line drawing in 16 by 16. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('aria-hidden', 'true')
  const line = document.createElementNS(SVG, 'path')
  line.setAttribute('d', path)
  svg.append(line)
  return svg
}

/** Names and what they stand for; those without a value are left out. */
export function facts(pairs: readonly (readonly [name: string, value: Child])[]): HTMLElement {
  const given = pairs.filter(([, value]) => value)
  return element(
    'dl',
    {},
    ...given.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  )
}

/** Makes the children of `parent` those given, and touches nothing that is the same: selection and scrolling stay. */
export function refill(parent: Node, children: readonly Node[]): void {
  children.forEach((child, i) => {
    const there = parent.childNodes[i]
    if (!there) parent.appendChild(child)
    else become(there, child)
  })
  while (parent.childNodes.length > children.length) parent.lastChild?.remove()
}

function become(there: ChildNode, next: Node): void {
  if (there.isEqualNode(next)) return
  if (there instanceof Text && next instanceof Text) there.data = next.data
  else if (!isAlike(there, next)) there.replaceWith(next)
  else refill(there, [...next.childNodes])
}

/** Whether they differ in their children only. */
function isAlike(there: Node, next: Node): boolean {
  return there.cloneNode().isEqualNode(next.cloneNode())
}

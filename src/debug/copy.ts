/** Puts a text on the clipboard; whether that was possible. `near` is an element of the overlay. */
export async function copy(text: string, near: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyOldWay(text, near) // by plain http, or where the page's policy keeps the clipboard from it
  }
}

function copyOldWay(text: string, near: Element): boolean {
  const area = document.createElement('textarea')
  area.className = 'heard'
  area.value = text
  near.after(area)
  const root = near.getRootNode() as ShadowRoot
  const focused = root.activeElement as HTMLElement | null
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  focused?.focus()
  return done
}

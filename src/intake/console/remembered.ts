/** Text that this browser keeps from visit to visit; empty where it keeps none. */
export function remembered(name: string): string {
  return inStorage((storage) => storage.getItem(keyOf(name))) ?? ''
}

export function remember(name: string, text: string): void {
  inStorage((storage) => storage.setItem(keyOf(name), text))
}

const keyOf = (name: string): string => `rivulet.console.${name}`

function inStorage<Result>(use: (storage: Storage) => Result): Result | undefined {
  try {
    return use(localStorage)
  } catch {
    return undefined // blocked or full: the reader types it again
  }
}

const reported = new Set<string>()

/** Asks the host's code. What it throws is said once, and answers nothing. */
export function ask<Result>(name: string, question: () => Result): Result | undefined {
  try {
    return question()
  } catch (cause) {
    if (!reported.has(name)) console.warn(`rivulet: ${name} threw`, cause)
    reported.add(name)
  }
}

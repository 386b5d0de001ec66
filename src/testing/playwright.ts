/** For `test.extend(…)` of `@playwright/test`. */
export const fixtures = {}

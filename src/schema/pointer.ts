/** The JSON pointer to what stands under these keys below another pointer. */
export function below(pointer: string, ...keys: readonly (string | number)[]): string {
  return [pointer, ...keys.map((key) => String(key).replace(/~/g, '~0').replace(/\//g, '~1'))].join('/')
}

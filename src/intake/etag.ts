/** Whether an `If-Match` or `If-None-Match` header names an ETag. */
export function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')))
}

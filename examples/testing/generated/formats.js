// Written by "rivulet generate" from streams.json, revision 2026-11-01.1. Do not edit.

export const dateTime = /* @__PURE__ */ Object.assign(/^\d{4}-[01]\d-[0-3]\d[t\s](?:[0-2]\d:[0-5]\d:[0-5]\d|23:59:60)(?:\.\d+)?(?:z|[+-]\d\d(?::?\d\d)?)$/i, { title: 'date-time' })

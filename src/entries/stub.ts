// Runs before all else in a page, while the library is on its way, and keeps what is called and what goes wrong. It
// makes no script element, which Trusted Types would refuse: a `<script async>` of the page loads the library.

/** Enough to tell; a page that throws in a loop is not to fill the memory. */
const MOST_ERRORS = 20

const page = window as unknown as { rivulet?: { errors?: Event[] } }
page.rivulet = page.rivulet || ([] as { errors?: Event[] })
if (!page.rivulet.errors) {
  const errors: Event[] = []
  page.rivulet.errors = errors
  const keep = (event: Event) => {
    if (errors.length < MOST_ERRORS) errors.push(event)
  }
  // Those of files that do not load do not bubble.
  addEventListener('error', keep, true)
  addEventListener('unhandledrejection', keep)
}

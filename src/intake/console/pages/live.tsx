import { Tail } from '../live/tail.tsx'
import { Visit } from '../live/visit.tsx'
import type { PageProps } from '../page.ts'

export function LivePage({ rest: [view, id], live }: PageProps) {
  const isVisit = view === 'session' && id !== undefined
  return (
    <>
      {isVisit && <Visit key={id} live={live} id={id} />}
      {/* It stays while a visit is looked at, so that its filters and its pause are there afterwards. */}
      <Tail live={live} isShown={!isVisit} />
    </>
  )
}

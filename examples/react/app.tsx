import { type MouseEvent, useEffect, useState } from 'react'
import { usePageViews, useRivulet } from './rivulet.tsx'

/** Two views, with the browser's history in place of a router. */
export function App() {
  const [path, setPath] = useState(() => location.pathname)
  usePageViews(path)

  useEffect(() => {
    const show = () => setPath(location.pathname)
    addEventListener('popstate', show)
    return () => removeEventListener('popstate', show)
  }, [])

  function follow(event: MouseEvent<HTMLAnchorElement>): void {
    event.preventDefault()
    history.pushState(null, '', event.currentTarget.href)
    setPath(location.pathname)
  }

  return path === '/teapot' ? (
    <Teapot />
  ) : (
    <p>
      <a href="/teapot" onClick={follow}>
        Teapot
      </a>
    </p>
  )
}

function Teapot() {
  const { submit } = useRivulet()
  return (
    <button
      type="button"
      onClick={() => submit('shop.click', { action: 'add_to_basket', product_id: 'teapot' })}
    >
      Add to basket
    </button>
  )
}

import { useEffect, useRef, useState } from 'preact/hooks'

/** A page that takes long to paint, as in a burst, rests for so many times as long before it paints again. */
const REST = 2

/**
 * Asks for a paint in the next frame, however often it is called before it; a hidden page paints when it shows again.
 * In a burst the page stays fit for use: it paints the less often, the longer that takes.
 */
export function usePaint(): () => void {
  const [, setCount] = useState(0)
  const due = useRef({ isAsked: false, isResting: false, isGone: false })

  const paint = () => {
    const begun = performance.now()
    due.current.isAsked = false
    due.current.isResting = true
    setCount((count) => count + 1)
    // A task of its own comes after the frame, so that layout is counted too.
    setTimeout(() => setTimeout(rested, REST * (performance.now() - begun)))
  }
  const rested = () => {
    due.current.isResting = false
    if (due.current.isAsked && !due.current.isGone) requestAnimationFrame(paint)
  }

  useEffect(
    () => () => {
      due.current.isGone = true
    },
    [],
  )
  return () => {
    if (due.current.isAsked) return
    due.current.isAsked = true
    if (!due.current.isResting) requestAnimationFrame(paint)
  }
}

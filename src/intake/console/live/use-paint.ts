import { useEffect, useRef, useState } from 'preact/hooks'

/** Asks for a paint in the next frame, however often it is called before it; a hidden page paints when it shows again. */
export function usePaint(): () => void {
  const [, setCount] = useState(0)
  const frame = useRef<number>()
  useEffect(() => () => cancelAnimationFrame(frame.current ?? 0), [])
  return () => {
    frame.current ??= requestAnimationFrame(() => {
      frame.current = undefined
      setCount((count) => count + 1)
    })
  }
}

import { useEffect, useState } from 'preact/hooks'
import { copy } from './clipboard.ts'

const SAID_FOR = 2_000

/** Copies a text that is made when it is wanted, and says for a moment whether that worked. */
export function CopyButton({ label, text }: { label: string; text: () => string }) {
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => setSaid(''), SAID_FOR)
    return () => clearTimeout(timer)
  }, [said])

  return (
    <>
      <button
        type="button"
        class="button"
        onClick={async () => setSaid((await copy(text())) ? 'Copied' : 'Could not be copied')}
      >
        {said || label}
      </button>
      <span role="status" class="for-screen-readers">
        {said}
      </span>
    </>
  )
}

import { shareText } from '../format.ts'

const WIDTH = 140
const HEIGHT = 8
const GAP = 1.5

const WORDS = { good: 'good', 'needs-improvement': 'needs improvement', poor: 'poor' }

interface Part {
  readonly name: keyof typeof WORDS
  /** 0 to 1. */
  readonly share: number
}

/** How a whole is made up, as a bar, and in words below it. */
export function ShareBar({ parts }: { parts: readonly Part[] }) {
  const places = parts.map((_, index) =>
    parts.slice(0, index).reduce((sum, { share }) => sum + share * WIDTH, 0),
  )
  return (
    <>
      <svg class="shares" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
        {parts.map(({ name, share }, index) => (
          <rect
            key={name}
            data-rating={name}
            x={places[index]}
            width={Math.max(0, share * WIDTH - GAP)}
            height={HEIGHT}
          />
        ))}
      </svg>
      <p class="share-words">
        {parts.map(({ name, share }, index) => (
          <span key={name}>
            {index > 0 && <span aria-hidden="true"> · </span>}
            {shareText(share)}
            <span class="for-screen-readers"> {WORDS[name]}, </span>
          </span>
        ))}
      </p>
    </>
  )
}

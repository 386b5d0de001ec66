const WIDTH = 120
const HEIGHT = 12

/** A range with its middle, on a scale from 0 to 1; `zero` is where the scale has nothing. The numbers stand beside it. */
export function RangeBar(props: { from: number; middle: number; to: number; zero: number }) {
  const { from, middle, to, zero } = props
  const at = (share: number) => 2 + share * (WIDTH - 4)
  return (
    <svg class="range" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path class="range-track" d={`M0 ${HEIGHT / 2}h${WIDTH}`} />
      <path class="range-zero" d={`M${at(zero)} 0v${HEIGHT}`} />
      <rect class="range-part" x={at(from)} y="3" width={Math.max(2, at(to) - at(from))} height="6" rx="2" />
      <path class="range-middle" d={`M${at(middle)} 0v${HEIGHT}`} />
    </svg>
  )
}

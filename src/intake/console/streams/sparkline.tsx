import { countText } from '../format.ts'

const HEIGHT = 24

/** The last hour, minute by minute. The last minute is left out: it is not over, and would always seem a fall. */
export function Sparkline({ perMinute }: { perMinute: readonly number[] }) {
  const minutes = perMinute.slice(0, -1)
  const most = Math.max(0, ...minutes)
  const least = Math.min(most, ...minutes)
  const yOf = (count: number) => (most === 0 ? HEIGHT - 1 : HEIGHT - 1 - (count / most) * (HEIGHT - 2))
  const points = minutes.map((count, minute) => `${minute},${yOf(count).toFixed(1)}`).join(' ')
  const label =
    most === 0
      ? 'No events in the last hour'
      : `Last hour: ${countText(least)} to ${countText(most)} events a minute`
  return (
    <svg
      class="sparkline"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${Math.max(1, minutes.length - 1)} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      <title>{label}</title>
      <polyline points={points} />
    </svg>
  )
}

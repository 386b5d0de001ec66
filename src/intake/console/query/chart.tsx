import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import type { ChartData, Shape } from './chart-data.ts'

const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

const HEIGHT = 280
const LONGEST_LABEL = 18

/** Lines are told apart by their dashes too, for whom colours do not. */
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 4], [14, 4], [2, 6], [10, 3, 2, 3, 2, 3]]

/**
 * Draws numbers over time, numbers or categories, and lists the values of the place that is pointed at. A canvas says
 * nothing to a screen reader: next to it there must be a table of the same, and the label says so.
 */
export function Chart({ data, shape, label }: { data: ChartData; shape: Shape; label: string }) {
  const place = useRef<HTMLDivElement>(null)
  const [pointed, setPointed] = useState<number | null>(null)
  const scheme = useColourScheme()

  useEffect(() => {
    const target = place.current!
    setPointed(null)
    const size = () => ({ width: Math.max(200, target.clientWidth), height: HEIGHT })
    const columns = [data.xs, ...data.series.map(({ values }) => values)] as uPlot.AlignedData
    const plot = new uPlot({ ...size(), ...optionsOf(data, shape, coloursOf(target)) }, columns, target)
    plot.hooks.setCursor = [() => setPointed(plot.cursor.idx ?? null)]

    const observer = new ResizeObserver(() => plot.setSize(size()))
    observer.observe(target)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [data, shape, scheme])

  return (
    <figure class="chart">
      <div ref={place} class="plot" role="img" aria-label={label} />
      <figcaption>
        <ul class="legend">
          {data.series.map(({ name, values }, series) => (
            <li key={name}>
              <Marker series={series} shape={shape} />
              <span class="legend-name">{name}</span>
              {pointed !== null && <span class="legend-value">{valueText(values[pointed])}</span>}
            </li>
          ))}
        </ul>
        <p class="quiet pointed-at" aria-hidden="true">
          {pointed === null
            ? `${xNoun(data)}Point at the chart to read its values.`
            : placeText(data, pointed)}
        </p>
      </figcaption>
    </figure>
  )
}

function Marker({ series, shape }: { series: number; shape: Shape }) {
  return (
    <svg class="marker" viewBox="0 0 28 10" width="28" height="10" data-series={series} aria-hidden="true">
      {shape === 'line' ? (
        <path d="M0 5h28" stroke-dasharray={DASHES[series]!.join(' ')} />
      ) : (
        <rect x="8" width="12" height="10" />
      )}
    </svg>
  )
}

interface Colours {
  readonly text: string
  readonly line: string
  readonly font: string
  readonly series: readonly string[]
}

/** What the style sheet says, which a canvas cannot look up itself. */
function coloursOf(target: HTMLElement): Colours {
  const style = getComputedStyle(target)
  return {
    text: style.getPropertyValue('--quiet'),
    line: style.getPropertyValue('--line'),
    font: `12px ${style.fontFamily}`,
    series: DASHES.map((_, series) => style.getPropertyValue(`--series-${series}`)),
  }
}

function optionsOf(data: ChartData, shape: Shape, colours: Colours): Omit<uPlot.Options, 'width' | 'height'> {
  const axis = {
    stroke: colours.text,
    font: colours.font,
    grid: { stroke: colours.line, width: 1 },
    ticks: { stroke: colours.line, width: 1 },
  }
  return {
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: shape === 'line' } },
    // The table beside the chart shows UTC.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    padding: [12, 16, 0, 4],
    scales: {
      x: { time: data.xKind === 'time', range: (_, min, max) => xRange(data, shape, min, max) },
      y: { range: (_, min, max) => yRange(min, max) },
    },
    axes: [
      { ...axis, ...X_AXES[data.xKind](data) },
      { ...axis, size: 60, values: (_, splits) => splits.map((value) => SHORT.format(value)) },
    ],
    series: [{}, ...data.series.map((_, series) => seriesOf(data, shape, { series, colours }))],
  }
}

function seriesOf(
  data: ChartData,
  shape: Shape,
  { series, colours }: { series: number; colours: Colours },
): uPlot.Series {
  const colour = colours.series[series]!
  if (shape === 'line') return { stroke: colour, width: 2, dash: DASHES[series]! }
  return {
    stroke: colour,
    fill: colour,
    width: 0,
    points: { show: false },
    paths: barsBesideOthers(data, series),
  }
}

/** The bars of one series; those of others of the same place stand beside them. */
function barsBesideOthers(data: ChartData, series: number): uPlot.Series.PathBuilder {
  const share = 0.8 / data.series.length
  return (plot, index, from, to) => {
    const path = new Path2D()
    const step = plot.valToPos(stepOf(data), 'x', true) - plot.valToPos(0, 'x', true)
    const width = Math.max(1, step * share)
    const ground = plot.valToPos(0, 'y', true)
    for (let at = from; at <= to; at += 1) {
      const value = plot.data[index]![at]
      if (value === null || value === undefined) continue
      const left = plot.valToPos(data.xs[at]!, 'x', true) + step * (share * series - 0.4)
      const top = plot.valToPos(value, 'y', true)
      path.rect(left, Math.min(top, ground), width, Math.abs(ground - top))
    }
    return { fill: path, flags: 0 }
  }
}

/** The least distance of two places. */
function stepOf({ xs }: ChartData): number {
  const steps = xs.slice(1).map((x, index) => x - xs[index]!)
  return steps.reduce((least, step) => Math.min(least, step), steps[0] ?? 1)
}

function xRange(data: ChartData, shape: Shape, min: number, max: number): [number, number] {
  const isAlone = min === max
  const margin = shape === 'bars' ? stepOf(data) / 2 : isAlone ? 1 : 0
  return [min - margin, max + margin]
}

/** From zero, so that lengths compare. */
function yRange(min: number | null, max: number | null): [number, number] {
  const [low, high] = [Math.min(0, min ?? 0), Math.max(0, max ?? 0)]
  if (low === 0 && high === 0) return [0, 1]
  const margin = (high - low) * 0.06
  return [low < 0 ? low - margin : 0, high > 0 ? high + margin : 0]
}

const X_AXES: Record<ChartData['xKind'], (data: ChartData) => uPlot.Axis> = {
  time: () => ({ values: (_, splits, _axis, _space, step) => timeTexts(splits, step) }),
  number: () => ({ values: (_, splits) => splits.map((value) => value.toLocaleString('en')) }),
  category: categoryAxis,
}

function categoryAxis({ xs, labels }: ChartData): uPlot.Axis {
  const texts = labels.map((label) =>
    label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label,
  )
  const longest = texts.reduce((most, { length }) => Math.max(most, length), 0)
  const isCrowded = longest * labels.length > 60
  return {
    grid: { show: false },
    splits: () => [...xs],
    values: (_, splits) => splits.map((at) => texts[at] ?? ''),
    ...(isCrowded ? { rotate: 40, size: 30 + longest * 4.6 } : {}),
  }
}

const DAY = 86_400

/** Each as fine as the steps between them; the day where it begins. In UTC. */
function timeTexts(splits: readonly number[], step: number): string[] {
  return splits.map((seconds, index) => {
    const iso = new Date(seconds * 1000).toISOString()
    const month = new Date(seconds * 1000).toLocaleDateString('en', { timeZone: 'UTC', month: 'short' })
    if (step >= 28 * DAY) return `${month}\n${iso.slice(0, 4)}`
    const day = `${Number(iso.slice(8, 10))} ${month}`
    if (step >= DAY) return day
    const time = iso.slice(11, step >= 60 ? 16 : 19)
    const isNewDay = index === 0 || Math.floor(splits[index - 1]! / DAY) < Math.floor(seconds / DAY)
    return isNewDay ? `${time}\n${day}` : time
  })
}

function valueText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  return value.toLocaleString('en', { maximumFractionDigits: 3 })
}

const xNoun = ({ xKind }: ChartData): string => (xKind === 'time' ? 'Times are UTC. ' : '')

function placeText({ xKind, xs, labels }: ChartData, at: number): string {
  if (xKind === 'category') return labels[at] ?? ''
  if (xKind === 'number') return String(xs[at])
  return `${new Date(xs[at]! * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** Changes when the reader turns from light to dark. */
function useColourScheme(): boolean {
  const query = matchMedia('(prefers-color-scheme: dark)')
  const [isDark, setDark] = useState(query.matches)
  useEffect(() => {
    const follow = () => setDark(query.matches)
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [])
  return isDark
}

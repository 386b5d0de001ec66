import { useEffect, useMemo, useState } from 'preact/hooks'
import { Chart } from './chart.tsx'
import {
  anyChart,
  type ChartChoice,
  chartColumns,
  chartData,
  type Shape,
  suggestChart,
} from './chart-data.ts'
import type { QueryResult } from '../contract.ts'

/** The chart that suits a result, and what to change about it; closed where no chart suggests itself. */
export function ResultChart({ result }: { result: QueryResult }) {
  const suggested = useMemo(() => suggestChart(result), [result])
  const [isOpen, setOpen] = useState(suggested !== undefined)
  useEffect(() => setOpen(suggested !== undefined), [suggested])
  const possible = useMemo(() => suggested ?? anyChart(result), [suggested, result])
  if (!possible) return null

  return (
    <details class="result-chart" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Chart</summary>
      {isOpen && <ChosenChart result={result} suggested={possible} />}
    </details>
  )
}

function ChosenChart({ result, suggested }: { result: QueryResult; suggested: ChartChoice }) {
  // A choice is for the columns of its result; a query that is run again with the same ones keeps it.
  const columns = JSON.stringify(result.columns)
  const [chosen, setChosen] = useState<{ columns: string; choice: ChartChoice }>()
  const choice = chosen?.columns === columns ? chosen.choice : suggested
  const data = useMemo(() => chartData(result, choice), [result, choice])

  const names = result.columns.map(({ name }) => name)
  const possible = chartColumns(result)
  const choose = (change: Partial<ChartChoice>) => setChosen({ columns, choice: { ...choice, ...change } })
  const toggle = (column: number) =>
    choose({
      y: choice.y.includes(column)
        ? choice.y.filter((other) => other !== column)
        : [...choice.y, column].sort((a, b) => a - b),
    })

  return (
    <div class="chosen-chart">
      <div class="choices">
        <ColumnChoice
          label="Across"
          columns={possible.x}
          names={names}
          chosen={choice.x}
          onChoose={(x) => x !== null && choose({ x, y: choice.y.filter((column) => column !== x) })}
        />
        <fieldset class="numbers">
          <legend>Numbers</legend>
          {possible.y
            .filter((column) => column !== choice.x)
            .map((column) => (
              <label key={column}>
                <input type="checkbox" checked={choice.y.includes(column)} onChange={() => toggle(column)} />{' '}
                {names[column]}
              </label>
            ))}
        </fieldset>
        {possible.split.some((column) => column !== choice.x) && (
          <ColumnChoice
            label="One series for each"
            columns={possible.split.filter((column) => column !== choice.x)}
            names={names}
            chosen={choice.split}
            none="column of numbers"
            onChoose={(split) => choose({ split })}
          />
        )}
        <label class="labelled">
          As
          <select
            value={choice.shape}
            onChange={({ currentTarget }) => choose({ shape: currentTarget.value as Shape })}
          >
            <option value="line">Line</option>
            <option value="bars">Bars</option>
          </select>
        </label>
      </div>
      {data.series.length === 0 ? (
        <p class="quiet">There is nothing to draw: choose a column that holds numbers.</p>
      ) : (
        <Chart data={data} shape={choice.shape} label={labelOf(result, choice, data.xs.length)} />
      )}
      {data.notes.map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
    </div>
  )
}

function ColumnChoice(props: {
  label: string
  columns: readonly number[]
  names: readonly string[]
  chosen: number | null
  none?: string
  onChoose: (column: number | null) => void
}) {
  const { label, columns, names, chosen, none, onChoose } = props
  return (
    <label class="labelled">
      {label}
      <select
        value={chosen ?? ''}
        onChange={({ currentTarget }) =>
          onChoose(currentTarget.value === '' ? null : Number(currentTarget.value))
        }
      >
        {none !== undefined && <option value="">{none}</option>}
        {columns.map((column) => (
          <option key={column} value={column}>
            {names[column]}
          </option>
        ))}
      </select>
    </label>
  )
}

function labelOf({ columns }: QueryResult, { x, y, split, shape }: ChartChoice, places: number): string {
  const numbers = y.map((column) => columns[column]!.name).join(', ')
  const by = split === null ? '' : `, for each ${columns[split]!.name}`
  const kind = shape === 'line' ? 'Line chart' : 'Bar chart'
  return `${kind} of ${numbers} across ${columns[x]!.name}${by}: ${places} places. The table below has the values.`
}

import type { Difference } from '../contract.ts'

/** What a revision changed, setting by setting. */
export function Differences({ differences }: { differences: readonly Difference[] }) {
  if (differences.length === 0) return <p class="quiet small">No setting differs.</p>
  return (
    <ul class="differences">
      {differences.map(({ path, before, after }) => (
        <li key={path}>
          <span class="setting">{settingText(path)}</span> <del>{before ?? 'not set'}</del>{' '}
          <span aria-hidden="true">→</span>
          <span class="for-screen-readers">became</span> <ins>{after ?? 'not set'}</ins>
        </li>
      ))}
    </ul>
  )
}

/** A JSON pointer as its keys, the outermost left out where it is `streams`, as it is nearly always. */
function settingText(pointer: string): string {
  const keys = pointer.split('/').slice(1)
  const shown = keys.length > 1 && keys[0] === 'streams' ? keys.slice(1) : keys
  return shown.map((key) => key.replace(/~1/g, '/').replace(/~0/g, '~')).join(' › ')
}

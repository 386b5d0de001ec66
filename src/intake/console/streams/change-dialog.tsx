import { useEffect, useState } from 'preact/hooks'
import { Refusal, read, send } from '../api.ts'
import type { ConfigChange, History, Simulation, StreamChange } from '../contract.ts'
import { dateText } from '../format.ts'
import { Dialog } from '../dialog.tsx'
import { Failure, Loading } from '../notices.tsx'
import { remember, remembered } from '../remembered.ts'
import { Differences } from './differences.tsx'
import { Effect } from './effect.tsx'

/** What is to be done to the config, of which version. */
export type Proposal = { readonly changes: readonly StreamChange[] } | { readonly revision: string }

/** The version of the config that the reader has seen; what came after it must not be overwritten unseen. */
export interface Base {
  readonly revision: string
  readonly etag: string
}

interface ChangeDialogProps {
  readonly title: string
  /** Each change in words, by what is in force now. */
  readonly summary: readonly string[]
  readonly proposal: Proposal
  readonly base: Base
  /** Somebody was faster, and the reader wants to see: gives the dialog what is in force now, and the change to that. */
  readonly onLookAgain: () => Promise<void>
  /** Saved, as this revision. */
  readonly onSaved: (revision: string) => void
  readonly onClose: () => void
}

type Saved = { readonly revision: string; readonly etag: string }

/** Shows what a change would do, asks who makes it and why, and makes it, unless somebody else was faster. */
export function ChangeDialog({
  title,
  summary,
  proposal,
  base,
  onLookAgain,
  onSaved,
  onClose,
}: ChangeDialogProps) {
  const [author, setAuthor] = useState(() => remembered('author'))
  const [reason, setReason] = useState('')
  const [isSaving, setSaving] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const [faster, setFaster] = useState<History['revisions']>()
  const simulated = useSimulation(proposal, base)
  const [isWaiting, setWaiting] = useState(true)
  // What cannot be replayed for what it is cannot be saved either.
  const isImpossible = simulated.refusal?.status === 400 || simulated.refusal?.status === 422
  const isSettled = simulated.simulation !== undefined || simulated.refusal !== undefined
  const asks = (isSettled || !isWaiting) && !isImpossible

  const save = async (event: SubmitEvent, close: () => void) => {
    event.preventDefault()
    setSaving(true)
    setRefusal(undefined)
    remember('author', author.trim())
    try {
      const { revision } = await put(proposal, base, { author: author.trim(), reason: reason.trim() })
      onSaved(revision)
      close()
    } catch (error) {
      if (error instanceof Refusal && error.status === 412) setFaster(await revisionsSince(base))
      else setRefusal(error as Refusal)
    }
    setSaving(false)
  }

  const lookAgain = async () => {
    await onLookAgain().then(() => setFaster(undefined), setRefusal)
  }

  return (
    <Dialog title={title} onClose={onClose}>
      {(close) => (
        <form class="change" onSubmit={(event) => save(event, close)}>
          <ul class="summary-of-change">
            {summary.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>

          <h3>What it would do</h3>
          <div aria-live="polite">
            {simulated.simulation && <Effect simulation={simulated.simulation} />}
            {simulated.refusal && (
              <>
                <Failure refusal={simulated.refusal} onRetry={isImpossible ? undefined : simulated.retry} />
                {!isImpossible && <p>The change can be made all the same, with its effect unknown.</p>}
              </>
            )}
            {!simulated.simulation && !simulated.refusal && (
              <>
                <p class="quiet">Replaying the recorded events…</p>
                <Loading what="the effect" rows={4} />
              </>
            )}
          </div>

          {asks && !faster && (
            <>
              <label class="labelled">
                Your name
                <input
                  required
                  autocomplete="name"
                  maxLength={100}
                  value={author}
                  onInput={({ currentTarget }) => setAuthor(currentTarget.value)}
                />
              </label>
              <label class="labelled">
                Reason, for the history
                <input
                  required
                  autocomplete="off"
                  maxLength={500}
                  value={reason}
                  onInput={({ currentTarget }) => setReason(currentTarget.value)}
                />
              </label>
            </>
          )}
          {faster && <Conflict revisions={faster} />}
          {refusal && <Failure refusal={refusal} />}
          <div class="actions">
            <button type="button" class="button" onClick={close}>
              {faster ? 'Close, keep my edit' : 'Cancel'}
            </button>
            {!isSettled && !asks && (
              <button type="button" class="button" onClick={() => setWaiting(false)}>
                Go on without knowing
              </button>
            )}
            {faster && (
              <button type="button" class="button primary" onClick={lookAgain}>
                Look at the new state
              </button>
            )}
            {asks && !faster && (
              <button type="submit" class="button primary" disabled={isSaving}>
                Save as new revision
              </button>
            )}
          </div>
        </form>
      )}
    </Dialog>
  )
}

function Conflict({ revisions }: { revisions: History['revisions'] }) {
  return (
    <div class="failure" role="alert">
      <div>
        <p>
          <strong>Somebody else was faster.</strong> Nothing was saved. Your edit is kept.
        </p>
        <ul class="faster">
          {revisions.map(({ revision, at, author, reason, changes }) => (
            <li key={revision}>
              <p>
                {author ?? 'The file was edited'}, {dateText(at)}, revision {revision}
                {reason && `: ${reason}`}
              </p>
              <Differences differences={changes} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}

function useSimulation(proposal: Proposal, base: Base) {
  const [state, setState] = useState<{ simulation?: Simulation; refusal?: Refusal }>({})
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let isWanted = true
    setState({})
    send<Simulation>('POST', '/api/simulate', proposal).then(
      (simulation) => isWanted && setState({ simulation }),
      (refusal: Refusal) => isWanted && setState({ refusal }),
    )
    return () => {
      isWanted = false
    }
  }, [base.etag, attempt])
  return { ...state, retry: () => setAttempt(attempt + 1) }
}

function put(
  proposal: Proposal,
  { etag }: Base,
  signed: Pick<ConfigChange, 'author' | 'reason'>,
): Promise<Saved> {
  const headers = { 'if-match': etag }
  return 'revision' in proposal
    ? send('POST', '/api/revert', { ...proposal, ...signed }, headers)
    : send('PUT', '/api/config', { ...proposal, ...signed }, headers)
}

/** What was done since a version, newest first; none where the history cannot be read. */
async function revisionsSince(base: Base): Promise<History['revisions']> {
  const { revisions } = await read<History>('/api/history').catch((): History => ({ revisions: [] }))
  const known = revisions.findIndex(({ revision }) => revision === base.revision)
  return revisions.slice(0, known === -1 ? 1 : known)
}

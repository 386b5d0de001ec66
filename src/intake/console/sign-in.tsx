import { useState } from 'preact/hooks'
import { type Refusal, send } from './api.ts'

/** Asks for the token that the intake was started with; the server answers with a cookie that scripts cannot read. */
export function SignIn({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    setRefusal(undefined)
    await send('POST', '/api/session', { token: token.trim() }).then(onDone, setRefusal)
    setBusy(false)
  }

  return (
    <form class="sign-in" onSubmit={submit}>
      <p>
        This console can be reached from other machines, so it asks for the token its intake was started with.
      </p>
      <label class="labelled">
        Token
        <input
          type="password"
          autocomplete="current-password"
          required
          value={token}
          aria-describedby={refusal ? 'sign-in-refusal' : undefined}
          aria-invalid={refusal ? true : undefined}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
      </label>
      {refusal && (
        <p id="sign-in-refusal" class="refusal" role="alert">
          {refusal.status === 401 ? 'That is not the token of this intake.' : refusal.detail}
        </p>
      )}
      <button type="submit" class="button primary" disabled={isBusy}>
        Sign in
      </button>
    </form>
  )
}

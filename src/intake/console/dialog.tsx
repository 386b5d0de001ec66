import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface DialogProps {
  readonly title: string
  /** The dialog was closed, by Escape too. Whoever opened it has the focus again. */
  readonly onClose: () => void
  readonly children: (close: () => void) => ComponentChildren
}

/** A modal dialog that is open for as long as it is rendered. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
    // Not the first control: what the dialog is about comes before what can be done.
    heading.current?.focus()
  }, [])
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={titleId} onClose={onClose}>
      <h2 ref={heading} id={titleId} class="dialog-title" tabIndex={-1}>
        {title}
      </h2>
      {children(() => dialog.current?.close())}
    </dialog>
  )
}

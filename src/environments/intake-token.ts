/** The headers of what is posted to a URL. */
export type HeadersFor = (url: string) => Readonly<Record<string, string>>

/**
 * Sends the token to the origin of the intake only, and not to other services that a stream config names. Throws a
 * TypeError, without it, where no header takes it. Without a token there are no headers.
 */
export function sendToken({
  intakeUrl,
  intakeToken,
}: {
  readonly intakeUrl: string
  readonly intakeToken?: string | undefined
}): HeadersFor {
  if (intakeToken === undefined) return () => ({})
  if (!/^[!-~]+$/.test(intakeToken))
    throw new TypeError('createClient: intakeToken is empty, or has characters that no header takes')
  const { origin } = new URL(intakeUrl)
  const headers = { authorization: `Bearer ${intakeToken}` }
  return (url) => (new URL(url).origin === origin ? headers : {})
}

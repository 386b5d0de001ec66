import type { EngineName } from '../../support/engines/find.mjs'

const NO_WEB_VIEW = { firefox: 'it is no web view' }

/** What an engine cannot be asked to do, and why: by story. The README says the same, which a test sees to. */
export const CANNOT: Readonly<Record<string, Partial<Record<EngineName, string>>>> = {
  'a prerendered page sends and writes nothing until it is shown; then all arrive': {
    firefox: 'it prerenders no pages',
    webkit: 'it prerenders no pages',
  },
  'a page that is rendered ahead is viewed when it is seen': {
    firefox: 'it prerenders no pages',
    webkit: 'it prerenders no pages',
  },
  'a page left in mid-send comes back from it too, and held up no other tab meanwhile': {
    firefox: 'a request under way keeps every page of it out of that cache',
  },
  'an app has what its page submits, as soon as it has acked it': NO_WEB_VIEW,
  'a page left in the same task as it submits leaves all to the app': NO_WEB_VIEW,
  'an app that never says hello: the page sends by itself': NO_WEB_VIEW,
  'an app that writes and does not ack: the page sends too, and all arrive under one id each': NO_WEB_VIEW,
  'an app killed in the middle of a hand-over: the page sends what it had': NO_WEB_VIEW,
  'an app and its page killed before the ack: the next page hands over again, under the same ids':
    NO_WEB_VIEW,
  'an app that denies consent: its page keeps and sends nothing': NO_WEB_VIEW,
  'a frame that forges acks takes nothing from the page': NO_WEB_VIEW,
  'a page in an app, killed where no such event comes, loses nothing': NO_WEB_VIEW,
}

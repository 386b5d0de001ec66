// Rivulet in Vue: a plugin and two composables. Copy this file, and put in the types of your own streams.
import { type App, type InjectionKey, inject, watch } from 'vue'
import type { Client } from 'rivulet'
import type { Schemas } from '../shop/site/generated/streams.js'

const KEY: InjectionKey<Client<Schemas>> = Symbol('rivulet')

/** Gives the client to all components: `app.use(rivulet, events)`. */
export const rivulet = {
  install: (app: App, events: Client<Schemas>) => void app.provide(KEY, events),
}

/** The client: `const { submit } = useRivulet()`. */
export function useRivulet(): Client<Schemas> {
  const events = inject(KEY)
  if (!events) throw new Error('useRivulet: app.use(rivulet, events) was not called')
  return events
}

/** Submits a page view for each path that is shown. */
export function usePageViews(path: () => string): void {
  const { submit } = useRivulet()
  watch(path, (shown) => submit('shop.page_view', { path: shown }), { immediate: true })
}

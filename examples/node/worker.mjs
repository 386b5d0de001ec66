// A Cloudflare worker that tells of each request, after it has answered. A bundler takes the build for the edge by the
// condition `workerd`, as wrangler does:
//
//   npx wrangler dev examples/node/worker.mjs --var INTAKE:http://127.0.0.1:8192
import { createClient } from 'rivulet'

export default {
  /**
   * @param {Request} request
   * @param {{ INTAKE: string }} env
   * @param {{ waitUntil(promise: Promise<unknown>): void }} context
   */
  async fetch(request, env, context) {
    // In the handler: a worker may do nothing before it is asked.
    const events = createClient({
      intakeUrl: `${env.INTAKE}/v1/events`,
      streamConfigUrl: `${env.INTAKE}/v1/stream-configs`,
      waitUntil: (promise) => context.waitUntil(promise),
    })

    events.submit('shop.page_view', {
      $schema: '/shop/page_view/1.0.0',
      path: new URL(request.url).pathname,
    })
    return new Response('hello\n')
  },
}

import type { Environment } from '../core/environment.ts'

/** What a page knows of itself, for stream config to ask for. A worker has no document. */
export function pageContext(document?: Document): Environment['context'] {
  return {
    agent_client_platform_family: () => `${/Mobi/.test(navigator.userAgent) ? 'mobile' : 'desktop'}_browser`,
    page_title: () => document?.title,
    page_content_language: () => document?.documentElement.lang,
  }
}

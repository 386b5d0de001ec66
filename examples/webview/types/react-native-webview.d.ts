// Of react-native-webview, as much as RivuletWebView.tsx uses: the package itself needs all of React Native.
declare module 'react-native-webview' {
  import type { Component } from 'react'

  export interface WebViewMessageEvent {
    readonly nativeEvent: { readonly data: string; readonly url: string }
  }

  export interface WebViewProps {
    readonly source?: { readonly uri: string }
    readonly originWhitelist?: string[]
    readonly injectedJavaScriptBeforeContentLoaded?: string
    readonly onMessage?: (event: WebViewMessageEvent) => void
  }

  export class WebView extends Component<WebViewProps> {
    injectJavaScript(script: string): void
  }
}

// What the compiler of single-file components makes of them.
declare module '*.vue' {
  import type { Component } from 'vue'
  const component: Component
  export default component
}

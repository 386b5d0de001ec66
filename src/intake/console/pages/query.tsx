import { Empty } from '../notices.tsx'

export function QueryPage() {
  return <Empty>This page is being built.</Empty>
}

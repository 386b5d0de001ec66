import { Empty } from '../notices.tsx'

export function StreamsPage() {
  return <Empty>This page is being built.</Empty>
}

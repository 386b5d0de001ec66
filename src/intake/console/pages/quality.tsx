import { Empty } from '../notices.tsx'

export function QualityPage() {
  return <Empty>This page is being built.</Empty>
}

import { Empty } from '../notices.tsx'

export function VitalsPage() {
  return <Empty>This page is being built.</Empty>
}

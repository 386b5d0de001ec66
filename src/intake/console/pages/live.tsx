import { Empty } from '../notices.tsx'

export function LivePage() {
  return <Empty>This page is being built.</Empty>
}

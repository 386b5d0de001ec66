import type { Command } from 'commander'
export function addStreamsExplainCommand(_: Command): void {}

import type { Command } from 'commander'
export function addStreamsLintCommand(_: Command): void {}

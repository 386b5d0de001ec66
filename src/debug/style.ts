/** Of the overlay, by a constructed style sheet, which a policy of the page has no word in. */
export const STYLE = `
:host {
  all: initial !important;
  display: block !important;
  position: fixed !important;
  inset: auto !important;
  width: 0 !important;
  height: 0 !important;
  overflow: visible !important;
  z-index: 2147483647 !important;
  direction: ltr !important;
}
.root {
  --surface: #fff; --raised: #f3f6f7; --line: #dfe6ea; --control: #82909a;
  --text: #18222a; --quiet: #55636e; --accent: #0b6b7d; --accent-surface: #e3f2f5;
  --good: #1a7142; --good-surface: #e4f4ea; --bad: #a8261b; --bad-surface: #fcebe8;
  --warn: #7a5200; --warn-surface: #fbf0d9; --quiet-surface: #ebeff2;
  --shadow: 0 0 0 1px rgb(24 34 42 / .1), 0 2px 6px rgb(24 34 42 / .08), 0 12px 32px rgb(24 34 42 / .18);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  color-scheme: light;
  color: var(--text);
  font: 13px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif;
  -webkit-text-size-adjust: 100%;
  text-align: left;
}
@media (prefers-color-scheme: dark) {
  .root {
    --surface: #161e22; --raised: #1e282d; --line: #2c3940; --control: #6b7b85;
    --text: #dfe7eb; --quiet: #9dadb7; --accent: #6cc6d8; --accent-surface: #15323a;
    --good: #74d09a; --good-surface: #14301f; --bad: #ffa196; --bad-surface: #3a1c19;
    --warn: #f0c069; --warn-surface: #35290f; --quiet-surface: #26323a;
    --shadow: 0 0 0 1px rgb(255 255 255 / .12), 0 12px 32px rgb(0 0 0 / .5);
    color-scheme: dark;
  }
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
ul, ol, dl, dd, p, h2, h3, pre, table { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h2, h3 { font-size: inherit; font-weight: 600; }
button, input, select { font: inherit; color: inherit; margin: 0; }
button { background: none; border: 0; padding: 0; cursor: pointer; text-align: left; -webkit-tap-highlight-color: transparent; }
svg { width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; flex: none; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.mono { font-family: var(--mono); font-size: .92em; }
.quiet { color: var(--quiet); }

.panel, .badge { position: fixed; background: var(--surface); box-shadow: var(--shadow); }
.panel {
  width: 420px; height: 60vh; min-height: 280px; max-height: calc(100vh - 32px);
  display: flex; flex-direction: column; border-radius: 12px; overflow: hidden;
}
[data-corner="0"] { right: max(16px, env(safe-area-inset-right)); bottom: 16px; }
[data-corner="1"] { left: max(16px, env(safe-area-inset-left)); bottom: 16px; }
[data-corner="2"] { left: max(16px, env(safe-area-inset-left)); top: 16px; }
[data-corner="3"] { right: max(16px, env(safe-area-inset-right)); top: 16px; }

.badge { display: flex; align-items: center; gap: 8px; height: 36px; padding: 0 14px 0 11px; border-radius: 18px; font-weight: 600; font-variant-numeric: tabular-nums; }
.badge svg { color: var(--accent); }
.badge[data-tone="bad"] { background: var(--bad-surface); color: var(--bad); }
.badge[data-tone="quiet"] { background: var(--warn-surface); color: var(--warn); }
.badge[data-tone="bad"] svg, .badge[data-tone="quiet"] svg { color: inherit; }
.badge .part { font-weight: 500; }
.badge .part::before { content: "·"; margin-right: 8px; opacity: .6; }

.bar { display: flex; align-items: center; gap: 2px; padding: 6px 6px 0 14px; flex: none; }
.bar h2 { display: flex; align-items: center; gap: 7px; }
.bar h2 svg { color: var(--accent); }
.counts { flex: 1; min-width: 0; display: flex; gap: 10px; padding-left: 12px; font-size: 12px; color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden; }
.counts .part { display: inline-flex; align-items: center; gap: 4px; }
.counts .part::before, .state::before { content: ""; width: 7px; height: 7px; border-radius: 50%; background: var(--tone, var(--control)); flex: none; }
[data-tone="good"] { --tone: var(--good); }
[data-tone="wait"] { --tone: var(--accent); }
[data-tone="bad"] { --tone: var(--bad); }
[data-tone="quiet"] { --tone: var(--control); }
.counts.short .word { display: none; }
.icon { display: grid; place-items: center; width: 32px; height: 32px; border-radius: 8px; color: var(--quiet); flex: none; }
.icon:hover, .tool:hover { background: var(--raised); color: var(--text); }
.icon[aria-pressed="true"] { background: var(--accent-surface); color: var(--accent); }

.alert { display: flex; gap: 8px; align-items: baseline; margin: 6px 10px 0; padding: 6px 10px; border-radius: 8px; background: var(--warn-surface); color: var(--warn); flex: none; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.alert[data-tone="bad"] { background: var(--bad-surface); color: var(--bad); }

.tabs { display: flex; gap: 2px; padding: 4px 8px 0; border-bottom: 1px solid var(--line); flex: none; overflow-x: auto; scrollbar-width: none; }
.tabs::-webkit-scrollbar { display: none; }
.tab { padding: 7px 9px 8px; color: var(--quiet); border-bottom: 2px solid transparent; margin-bottom: -1px; white-space: nowrap; border-radius: 6px 6px 0 0; }
.tab:hover { color: var(--text); }
.tab[aria-selected="true"] { color: var(--text); font-weight: 600; border-bottom-color: var(--accent); }
.tab .n { margin-left: 5px; padding: 0 6px; border-radius: 9px; background: var(--quiet-surface); color: var(--quiet); font-size: 11px; font-weight: 600; font-variant-numeric: tabular-nums; }

.tools { display: flex; gap: 2px; align-items: center; padding: 8px 8px 8px 10px; border-bottom: 1px solid var(--line); flex: none; }
.tools input, .tools select { height: 32px; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); padding: 0 10px; min-width: 0; }
.tools input { flex: 1 1 120px; }
.tools select { flex: 0 1 112px; margin-left: 4px; padding: 0 4px; }
.tools input::placeholder { color: var(--quiet); opacity: 1; }
.tools .gap { flex: 1; }

.view { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; }
.view:focus-visible { outline-offset: -3px; }
.empty { padding: 28px 20px; color: var(--quiet); text-align: center; }

.event { border-bottom: 1px solid var(--line); }
.head { display: block; width: 100%; padding: 8px 14px 9px; }
.head:hover { background: var(--raised); }
.line { display: flex; align-items: center; gap: 8px; }
.name { flex: 1; min-width: 0; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.time { color: var(--quiet); font: 11.5px var(--mono); flex: none; }
.chip { flex: none; padding: 1px 8px; border-radius: 9px; font-size: 12px; font-weight: 600; white-space: nowrap; background: var(--quiet-surface); color: var(--quiet); }
.chip[data-tone="good"] { background: var(--good-surface); color: var(--good); }
.chip[data-tone="wait"] { background: var(--accent-surface); color: var(--accent); }
.chip[data-tone="bad"] { background: var(--bad-surface); color: var(--bad); }
.why { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; margin-top: 2px; color: var(--quiet); overflow-wrap: anywhere; }
.excerpt { display: block; margin-top: 2px; color: var(--quiet); font: 12px/1.45 var(--mono); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
[aria-expanded="true"] .why { -webkit-line-clamp: none; }
.mark { flex: none; padding: 0 6px; border: 1px solid var(--line); border-radius: 6px; color: var(--quiet); font-size: 11px; }
.more { padding: 0 14px 14px; }
.more h3 { margin: 10px 0 4px; min-height: 26px; display: flex; align-items: center; justify-content: space-between; }
pre { padding: 9px 11px; border-radius: 8px; background: var(--raised); font: 11.5px/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 300px; overflow: auto; tab-size: 2; }
.tool { padding: 3px 9px; border-radius: 7px; color: var(--accent); font-weight: 500; }
.problems li { padding: 4px 10px; margin-bottom: 3px; border-radius: 7px; background: var(--bad-surface); color: var(--bad); overflow-wrap: anywhere; }
.problems code { font: 600 12px var(--mono); }
.problems b { font-weight: 600; }

dl { display: grid; grid-template-columns: minmax(84px, max-content) 1fr; gap: 3px 14px; }
dt { color: var(--quiet); }
dd { min-width: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.block { padding: 12px 14px; border-bottom: 1px solid var(--line); }
.block > h3 { margin-bottom: 6px; display: flex; gap: 8px; align-items: center; overflow-wrap: anywhere; }
.block > h3 > span:first-child { flex: 1; min-width: 0; }
.state { display: flex; align-items: baseline; gap: 7px; margin-bottom: 6px; }
.state::before { align-self: center; }
.bad { color: var(--bad); }
.rows li { display: flex; gap: 10px; align-items: baseline; padding: 3px 0; }
.rows .name { font-weight: 400; }
.rows .n { flex: none; color: var(--quiet); font-variant-numeric: tabular-nums; }
.rows .id { width: 92px; }
.sum { margin-bottom: 6px; }
.rows .bytes { width: 54px; text-align: right; }
.rows .age { width: 46px; text-align: right; }
.numbers { display: flex; flex-wrap: wrap; gap: 4px 16px; font-variant-numeric: tabular-nums; }
.numbers b { font-weight: 600; }
.numbers span { display: inline-flex; gap: 5px; align-items: baseline; color: var(--quiet); }
.numbers b { color: var(--text); }
.hint { padding: 10px 14px 14px; color: var(--quiet); }
kbd { font: 11.5px var(--mono); padding: 0 5px; border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 5px; background: var(--raised); white-space: nowrap; }

@media (max-width: 599px) {
  .root { font-size: 14px; }
  .panel { left: 0; right: 0; width: auto; height: 60vh; height: 60dvh; max-height: 60vh; max-height: 60dvh; min-height: 0; }
  .panel[data-corner="0"], .panel[data-corner="1"] { top: auto; bottom: 0; border-radius: 14px 14px 0 0; padding-bottom: env(safe-area-inset-bottom); }
  .panel[data-corner="2"], .panel[data-corner="3"] { bottom: auto; top: 0; border-radius: 0 0 14px 14px; padding-top: env(safe-area-inset-top); }
  .badge { height: 44px; border-radius: 22px; padding: 0 16px 0 13px; }
  /* Above what pages put into their bottom corners. */
  .badge[data-corner="0"], .badge[data-corner="1"] { bottom: calc(88px + env(safe-area-inset-bottom)); }
  .badge[data-corner="2"], .badge[data-corner="3"] { top: calc(72px + env(safe-area-inset-top)); }
  .bar { padding: 2px 2px 0 14px; }
  .counts { font-size: 14px; }
  .counts .word { display: none; }
  .icon { width: 44px; height: 44px; }
  .tabs { padding: 0 6px; }
  .tab { padding: 12px 8px; min-height: 44px; flex: 1; text-align: center; }
  .tools { padding: 6px 4px 6px 10px; }
  /* Below 16px, iOS zooms the page. */
  .tools input, .tools select { height: 44px; font-size: 16px; }
  .head { min-height: 56px; }
  .tool { min-height: 44px; padding: 0 12px; }
  .time { font-size: 12px; }
  .excerpt { font-size: 12.5px; }
}
@media (prefers-reduced-motion: no-preference) {
  .panel, .badge { animation: appear .16s ease-out; }
  .icon, .tab, .head, .tool { transition: background-color .12s, color .12s; }
  @keyframes appear { from { opacity: 0; transform: translateY(6px); } }
}
@media (forced-colors: active) {
  .panel, .badge, .chip { border: 1px solid; }
  .tab[aria-selected="true"] { border-bottom-color: Highlight; }
}
@media print { .root { display: none; } }
`

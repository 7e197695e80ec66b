/** A matrix as one page of HTML that needs nothing else: no script, no address, light and dark. Pure. */
import { escapeText } from '../../observe/escape-text.ts';
import type { AccessMatrix, MatrixRow } from './access-matrix.ts';
import type { Outcomes } from './changed-decisions.ts';
import type { HeldCall } from './flow-outcomes.ts';

interface PageFacts {
  /** The tools that rules over combinations hold up. */
  readonly held: readonly HeldCall[];
  /** The rules file. */
  readonly rules: string;
  /** The time at which the page was made, ISO 8601. */
  readonly at: string;
}

export function matrixPage(matrix: AccessMatrix, { held, rules, at }: PageFacts): string {
  const groups = new Map<string, MatrixRow[]>();
  for (const row of matrix.rows) groups.set(row.server, [...(groups.get(row.server) ?? []), row]);
  const heads = matrix.agents.map((agent) => {
    const note = matrix.shadow.includes(agent) ? ' <small>shadow: not enforced</small>' : '';
    return `<th scope="col">${html(agent)}${note}</th>`;
  });
  const bodies = Array.from(groups, ([server, rows]) => body(server, rows, matrix.unknown.includes(server)));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Who may use what</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Who may use what</h1>
<p>Decided by <code>${html(rules)}</code> on <time>${html(at)}</time>. Each cell has the rule that decided.</p>
<p class="legend"><span class="allow">allowed</span> <span class="ask">a person is asked</span> <span class="depends">depends on arguments or access</span> <span class="deny">denied</span> <span class="shadow">denied or asked, and not enforced</span></p>
<div class="scroll">
<table>
<thead><tr><th scope="col">Server and tool</th>${heads.join('')}</tr></thead>
${bodies.join('\n')}
</table>
</div>
${combinations(held)}
</body>
</html>
`;
}

/** For every agent. */
function combinations(held: readonly HeldCall[]): string {
  if (held.length === 0) return '';
  const rows = held.map(
    ({ labels, within_s, server, tool, ...found }) =>
      `<tr><td>${html(labels.join(', '))}</td><td>${within_s}</td><td>${html(server)}</td><td>${html(tool ?? '')}</td>${cell(found)}</tr>`,
  );
  const heads = ['After a call of', 'within seconds', 'server', 'tool', 'decision'].map(
    (head) => `<th scope="col">${head}</th>`,
  );
  return `<h2>Combinations</h2>
<div class="scroll">
<table>
<thead><tr>${heads.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table>
</div>`;
}

function body(server: string, rows: readonly MatrixRow[], isUnknown: boolean): string {
  const lines = rows.map(({ tool, cells }) => {
    const head =
      tool === null ? `<th scope="row" class="server">${html(server)}</th>` : `<th scope="row">${html(tool)}</th>`;
    return `<tr>${head}${cells.map((one) => cell(one)).join('')}</tr>`;
  });
  const note = isUnknown
    ? `<tr><td class="note" colspan="${(rows[0]?.cells.length ?? 0) + 1}">Its tools are not known: nobody has listed them here yet.</td></tr>`
    : '';
  return `<tbody>${lines.join('\n')}${note}</tbody>`;
}

const WORDS = { ALLOW: 'allowed', ASK: 'asked', DEPENDS: 'depends', DENY: 'denied', SHADOW: 'not enforced' } as const;

function cell({ outcome, rule }: Outcomes): string {
  return `<td class="${outcome.toLowerCase()}"><b>${WORDS[outcome]}</b><small>${html(rule)}</small></td>`;
}

/** Control characters and marks of direction are made visible. */
function html(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1c1e21; --soft: #5b6169; --line: #d9dce0; --head: #f3f4f6;
  --allow: #e4f4e8; --allow-text: #0b5724; --ask: #e3eefb; --ask-text: #123f75; --deny: #fbe7e7; --deny-text: #8a1515; --shadow: #fdf1d3; --shadow-text: #6b4800; }
@media (prefers-color-scheme: dark) { :root { --back: #16181b; --text: #e6e8ea; --soft: #a2a9b1; --line: #363b41; --head: #22262a;
  --allow: #16321f; --allow-text: #8fdca6; --ask: #16283f; --ask-text: #9dc6f7; --deny: #3c1c1d; --deny-text: #f5a9a9; --shadow: #3a2f13; --shadow-text: #f0cf7d; } }
body { margin: 2rem; background: var(--back); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
p { margin: .3rem 0 .8rem; }
code { font-size: .9em; overflow-wrap: anywhere; }
.legend span { padding: .15rem .6rem; border-radius: .3rem; margin-right: .4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; }
th, td { padding: .35rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); border-right: 1px solid var(--line); }
thead th { position: sticky; top: 0; background: var(--head); border-top: 1px solid var(--line); z-index: 1; }
th[scope=row], thead th:first-child { position: sticky; left: 0; background: var(--back); border-left: 1px solid var(--line); font-weight: 400; padding-left: 1.6rem; max-width: 26rem; overflow-wrap: anywhere; }
thead th:first-child { background: var(--head); z-index: 2; font-weight: 600; padding-left: .7rem; }
th.server[scope=row] { font-weight: 600; background: var(--head); padding-left: .7rem; }
td b { display: block; font-weight: 600; }
td small, th small { display: block; color: var(--soft); font-size: .78em; max-width: 22rem; overflow-wrap: anywhere; font-weight: 400; }
td.note { color: var(--soft); font-style: italic; padding-left: 1.6rem; }
.allow { background: var(--allow); color: var(--allow-text); }
.ask, .depends { background: var(--ask); color: var(--ask-text); }
.deny { background: var(--deny); color: var(--deny-text); }
.shadow { background: var(--shadow); color: var(--shadow-text); }
.allow small, .ask small, .depends small, .deny small, .shadow small { color: inherit; }
@media print { body { margin: 0; } .scroll { overflow: visible; } thead th, th[scope=row] { position: static; } }
`;

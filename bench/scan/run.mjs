/**
 * How well the scan tells poisoned definitions from harmless ones: `node bench/scan/run.mjs [FILE...] [--real FILE] [--misses] [--json]`.
 * Without files, the sets of corpus/. A set is `{entries: [{label, category, server, tool}]}`; --real is `{SERVER: {tools, ...}}`, what
 * servers really list. An entry is poisoned where a finding is above "low".
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load } from '../bundle.mjs';

const CORPUS = fileURLToPath(new URL('corpus/', import.meta.url));

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    misses: { type: 'boolean', default: false },
    real: { type: 'string', multiple: true, default: [] },
  },
});
const { scanServer, isSuspicious } = await load('bench/scan/scan.ts');

const own = readdirSync(CORPUS)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => join(CORPUS, name));
for (const file of positionals.length > 0 || flags.real.length > 0 ? positionals : own) measureSet(file);
for (const file of flags.real) measureServers(file);

function measureSet(file) {
  const { entries } = JSON.parse(readFileSync(file, 'utf8'));
  const kinds = new Map();
  const missed = [];
  for (const entry of entries) {
    const findings = scanEntry(entry);
    const isFlagged = findings.some(isSuspicious);
    const isRight = isFlagged === (entry.label === 'malicious');
    const name = `${entry.label} ${entry.category}`;
    const kind = kinds.get(name) ?? { name, label: entry.label, all: 0, right: 0 };
    kind.all++;
    if (isRight) kind.right++;
    else missed.push({ entry, findings });
    kinds.set(name, kind);
  }
  const sum = (label, what) =>
    [...kinds.values()].filter((kind) => kind.label === label).reduce((all, kind) => all + kind[what], 0);
  const recall = ratio(sum('malicious', 'right'), sum('malicious', 'all'));
  const falsePositives = ratio(sum('benign', 'all') - sum('benign', 'right'), sum('benign', 'all'));
  const result = { set: basename(file, '.json'), entries: entries.length, recall, false_positives: falsePositives };
  if (flags.json) return print(JSON.stringify(result));
  print(`${result.set}: ${entries.length} entries, recall ${recall}, false positives ${falsePositives}`);
  for (const { name, all, right } of kinds.values()) if (right < all) print(`  ${name}: ${right} of ${all} right`);
  if (flags.misses) for (const { entry, findings } of missed) printEntry(entry, findings);
}

/** Peers are what the same machine has besides: tools of this server or of others. */
function scanEntry({ server, tool, type = 'tool', peers = [] }) {
  const own = peers
    .filter((peer) => peer.server === server)
    .map((peer) => ({ type: 'tool', name: peer.tool.name, definition: peer.tool }));
  const others = peers
    .filter((peer) => peer.server !== server)
    .map((peer) => ({ server: peer.server, tools: [peer.tool] }));
  const findings = scanServer({
    server,
    definitions: [{ type, name: tool.name ?? '', definition: tool }, ...own],
    others,
  });
  return findings.filter(({ name }) => name === (tool.name ?? ''));
}

function measureServers(file) {
  const servers = Object.entries(JSON.parse(readFileSync(file, 'utf8'))).map(([server, listed]) => ({
    server,
    definitions: definitionsOf(listed),
  }));
  const named = servers.map(({ server, definitions }) => ({
    server,
    tools: definitions.filter(({ type }) => type === 'tool').map(({ definition }) => definition),
  }));
  let count = 0;
  let flagged = 0;
  for (const { server, definitions } of servers) {
    count += definitions.length;
    const findings = scanServer({ server, definitions, others: named.filter((other) => other.server !== server) });
    const suspicious = new Set(findings.filter(isSuspicious).map(({ type, name }) => `${type} ${name}`));
    flagged += suspicious.size;
    if (flags.misses) for (const finding of findings.filter(isSuspicious)) print(`  ${JSON.stringify(finding)}`);
  }
  const result = {
    set: basename(file, '.json'),
    servers: servers.length,
    definitions: count,
    above_low: flagged,
    share: ratio(flagged, count),
  };
  print(
    flags.json
      ? JSON.stringify(result)
      : `${result.set}: ${count} definitions of ${servers.length} servers, ${flagged} above low (${result.share})`,
  );
}

function definitionsOf({ tools = [], prompts = [], resourceTemplates = [], instructions }) {
  return [
    ...tools.map((tool) => ({ type: 'tool', name: tool.name, definition: tool })),
    ...prompts.map((prompt) => ({ type: 'prompt', name: prompt.name, definition: prompt })),
    ...resourceTemplates.map((template) => ({ type: 'template', name: template.uriTemplate, definition: template })),
    ...(instructions === undefined ? [] : [{ type: 'instructions', name: '', definition: instructions }]),
  ];
}

function printEntry({ label, category, server, tool }, findings) {
  print(`  ${label} ${category} ${server}: ${JSON.stringify(tool)}`);
  for (const { kind, level, where, message, excerpt } of findings)
    print(`    ${level} ${kind} ${where}: ${message} ${excerpt}`);
}

function ratio(part, whole) {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

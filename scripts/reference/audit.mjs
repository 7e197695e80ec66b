/** docs/reference/audit-record.md */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { code, page, table } from './markdown.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Members that the log adds itself. */
const OWN = new Map([
  ['timestamp', { type: 'string', meaning: 'When the record was written: ISO 8601, UTC.' }],
  ['hash', { type: 'string', meaning: 'SHA-256 of the line in lower-case hex, up to, not including, `,"hash":`.' }],
]);

/** @param lines the module that writes lines: a record with every member says which there are, in their order. */
export function auditPage(lines) {
  const members = new Map([
    ...OWN,
    ...membersOf('src/audit/audit-record.ts', 'AuditRecord'),
    ...membersOf('src/audit/record-line.ts', 'Place'),
  ]);
  const rows = Object.keys(JSON.parse(fullLine(lines))).map((name) => {
    const { type, meaning } = members.get(name);
    return [code(name), type, meaning];
  });
  const intro = `The [audit log](../audit.md) has one JSON object per line. A call leaves two: \`decided\` before it is forwarded, \`finished\` before its
result is released. A record has at most 24 KiB: longer names and details are cut and say how long they were.`;
  return page('Audit record', intro, [table(['member', 'type', 'meaning'], rows)]);
}

function fullLine({ createBodies, placeText, hashText }) {
  const record = { shadow: 'DENY', detail: {} };
  for (const [name, { type }] of membersOf('src/audit/audit-record.ts', 'AuditRecord')) {
    record[name] ??= type.startsWith('number') ? 0 : '';
  }
  const body = createBodies((text) => text)(record, '');
  return body + placeText({ writer: '', seq: 1, prev: '', torn: 1 }) + hashText('');
}

/** Members of an interface with their doc comments. */
function membersOf(file, name) {
  const source = readFileSync(path.join(root, file), 'utf8');
  const body = source.split(`interface ${name} {\n`)[1].split('\n}')[0];
  const members = [...body.matchAll(/\/\*\*\s*([\s\S]*?)\s*\*\/\s*readonly (\w+)\??: ([^;]+);/g)];
  return new Map(members.map(([, meaning, member, type]) => [member, { type: typeText(type), meaning }]));
}

function typeText(type) {
  const parts = type.split(' | ').filter((part) => part !== 'undefined');
  return parts.map((part) => (part.startsWith("'") ? code(part.replaceAll("'", '"')) : plain(part))).join(' or ');
}

function plain(type) {
  return type.startsWith('Readonly<Record') ? 'object' : type;
}

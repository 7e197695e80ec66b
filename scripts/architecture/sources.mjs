/** What the sources say of themselves: sizes, functions, names and imports. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Reads every source of the program; tests and what only tests use are left out. */
export async function readSources() {
  const names = readdirSync(path.join(root, 'src'), { recursive: true })
    .map((name) => path.posix.join('src', name.split(path.sep).join('/')))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .filter((name) => !/\.test\.ts$|\/(testing|fixtures)\.ts$/.test(name))
    .sort();
  const files = [];
  const functions = [];
  const imports = new Map();
  const types = new Map();
  for (const file of names) {
    const text = readFileSync(path.join(root, file), 'utf8');
    const lineAt = lineCounter(text);
    const program = parseAst(text, { lang: 'ts' });
    files.push({ file, lines: lineAt(text.length) - 1 });
    const from = new Set();
    walk(program, undefined, (node, parent) => {
      if (FUNCTIONS.has(node.type)) {
        const line = lineAt(node.start);
        const lines = lineAt(node.end) - line + 1;
        functions.push({ file, name: nameOf(node, parent), line, lines, shared: sharedVariables(node) });
      }
      const type =
        node.type === 'ExportNamedDeclaration' && TYPES.has(node.declaration?.type) && node.declaration.id.name;
      if (type) types.set(type, [...(types.get(type) ?? []), file]);
      if (IMPORTS.has(node.type) && node.importKind !== 'type' && node.exportKind !== 'type') {
        const source = node.source?.value;
        if (typeof source === 'string' && source.startsWith('.')) {
          from.add(path.posix.join(path.posix.dirname(file), source));
        }
      }
    });
    imports.set(file, from);
  }
  const repeatedTypes = [...types]
    .filter(([, where]) => where.length > 1)
    .map(([name, where]) => `${name} ${where.join(' ')}`);
  return { files, functions, cycles: cyclesOf(imports), duplicates: duplicatesOf(names), repeatedTypes };
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const TYPES = new Set(['ClassDeclaration', 'TSInterfaceDeclaration', 'TSTypeAliasDeclaration']);
const IMPORTS = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration']);

function walk(node, parent, visit) {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, parent, visit);
  } else if (typeof node?.type === 'string') {
    visit(node, parent);
    for (const key in node) if (typeof node[key] === 'object') walk(node[key], node, visit);
  }
}

/** How many variables of a function its inner functions change or read while they change: state that has no name. */
function sharedVariables(node) {
  const body = node.body?.type === 'BlockStatement' ? node.body.body : [];
  const changing = new Set();
  for (const statement of body) {
    if (statement.type !== 'VariableDeclaration' || statement.kind !== 'let') continue;
    for (const { id } of statement.declarations) if (id.type === 'Identifier') changing.add(id.name);
  }
  if (changing.size === 0) return 0;
  const used = new Map();
  let inner = 0;
  const look = (part, within) => {
    if (Array.isArray(part)) {
      for (const one of part) look(one, within);
    } else if (typeof part?.type === 'string') {
      const here = within === undefined && FUNCTIONS.has(part.type) ? ++inner : within;
      if (here !== undefined && part.type === 'Identifier' && changing.has(part.name)) {
        used.set(part.name, (used.get(part.name) ?? new Set()).add(here));
      }
      for (const key in part) if (typeof part[key] === 'object') look(part[key], here);
    }
  };
  look(body, undefined);
  return [...used.values()].filter((places) => places.size > 1).length;
}

function nameOf(node, parent) {
  const name = node.id?.name ?? parent?.id?.name ?? parent?.key?.name ?? parent?.left?.name;
  return name ?? '(unnamed)';
}

function lineCounter(text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

function duplicatesOf(names) {
  const seen = new Map();
  for (const name of names) {
    const base = path.posix.basename(name);
    seen.set(base, (seen.get(base) ?? 0) + 1);
  }
  return [...seen].filter(([, times]) => times > 1).map(([base, times]) => `${base} (${times})`);
}

/** Circles of imports that are there when the program runs: each strongly connected set of files, by Tarjan. */
function cyclesOf(imports) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const cycles = [];
  const visit = (file) => {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!index.has(next)) {
        visit(next);
        low.set(file, Math.min(low.get(file), low.get(next)));
      } else if (stack.includes(next)) {
        low.set(file, Math.min(low.get(file), index.get(next)));
      }
    }
    if (low.get(file) !== index.get(file)) return;
    const set = stack.splice(stack.indexOf(file));
    if (set.length > 1) cycles.push(set.sort().join(' '));
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return cycles;
}

/**
 * What chunks take of each other, as constants. The bundler writes a getter for each export and looks it up for every use: on the
 * path of a call that was a twentieth of all it costs.
 */
import path from 'node:path';
import { parseAst } from 'rolldown/parseAst';

const GETTER =
  /Object\.defineProperty\(exports, "(\w+)", \{\s*enumerable: !0,\s*get: function\(\) \{\s*return ([\w$]+);\s*\}\s*\}\)/g;

/** @param {Iterable<{fileName: string, code: string, imports: string[]}>} chunks of one program; their code is changed. */
export function withValues(chunks) {
  const byName = new Map();
  for (const chunk of chunks) byName.set(chunk.fileName, { chunk, values: valuesOf(chunk) });
  for (const { chunk } of byName.values()) {
    const from = (file) => {
      const other = byName.get(path.posix.join(path.posix.dirname(chunk.fileName), file));
      // Of two that need each other, one begins before the other has ended.
      return other === undefined || leadsTo(byName, other.chunk, chunk) ? new Set() : other.values;
    };
    chunk.code = withConstants(chunk.code, from);
  }
}

/** Writes values in the place of getters; what may be assigned later keeps its getter. @returns names of the values */
function valuesOf(chunk) {
  const values = new Set();
  if (chunk.code.search(GETTER) < 0) return values;
  const settled = settledNames(parse(chunk.code));
  chunk.code = chunk.code.replace(GETTER, (getter, name, local) => {
    if (!settled.has(local)) return getter;
    values.add(name);
    return `exports.${name} = ${local}`;
  });
  return values;
}

const parse = (code) => parseAst(code, { sourceType: 'commonjs' });

/** What is declared once and for all at the top: functions, constants and classes, which the bundler writes as variables. */
function settledNames({ body }) {
  const names = new Set();
  for (const statement of body) {
    if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') names.add(statement.id.name);
    if (statement.type !== 'VariableDeclaration') continue;
    for (const { id, init } of statement.declarations) {
      if (id.type === 'Identifier' && (statement.kind === 'const' || init?.type === 'ClassExpression'))
        names.add(id.name);
    }
  }
  return names;
}

/** Whether the first chunk loads the second one before it has ended. */
function leadsTo(byName, first, second, seen = new Set()) {
  if (first === second) return true;
  if (seen.has(first)) return false;
  seen.add(first);
  return first.imports.some((name) => byName.has(name) && leadsTo(byName, byName.get(name).chunk, second, seen));
}

/** @param {(file: string) => Set<string>} from what another chunk has for good, by how it is required */
function withConstants(code, from) {
  const { body } = parse(code);
  const required = new Map();
  let end = 0;
  for (const statement of body) {
    if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const') continue;
    for (const { id, init } of statement.declarations) {
      const file = init?.callee?.name === 'require' ? init.arguments[0].value : undefined;
      if (!file?.startsWith('.')) continue;
      required.set(id.name, from(file));
      end = statement.end;
    }
  }
  const uses = [];
  for (const statement of body) if (statement.start > end) memberUses(statement, required, uses);
  const constants = new Map();
  for (const { object, property } of uses) {
    if (!constants.has(object)) constants.set(object, new Set());
    constants.get(object).add(property);
  }
  const declared = [...constants].map(([object, properties]) => {
    const names = [...properties].map((property) => `${property}: ${constantOf(object, property)}`);
    return `{ ${names.join(', ')} } = ${object}`;
  });
  const parts = [];
  let at = 0;
  const put = (until, text) => {
    parts.push(code.slice(at, until), text);
    at = until;
  };
  if (declared.length > 0) put(end, `\nconst ${declared.join(', ')};`);
  for (const { start, end: past, object, property } of uses) {
    put(start, constantOf(object, property));
    at = past;
  }
  return parts.join('') + code.slice(at);
}

/** Short, and unlike any name of the sources. */
const constantOf = (object, property) => `${object.replace('require_', '$_')}_${property}`;

/** Adds, in their order, where members of these objects are looked up: `(0, object.member)` of a call as a whole. */
function memberUses(node, objects, uses) {
  if (Array.isArray(node)) for (const one of node) memberUses(one, objects, uses);
  if (typeof node?.type !== 'string') return;
  const { callee } = node;
  const called = callee?.type === 'ParenthesizedExpression' ? callee.expression : undefined;
  const [zero, looked] = called?.type === 'SequenceExpression' ? called.expressions : [];
  const isCall = zero?.value === 0 && isUse(looked, objects) && called.expressions.length === 2;
  if (isCall) uses.push({ start: callee.start, end: callee.end, ...use(looked) });
  else if (isUse(node, objects)) uses.push({ start: node.start, end: node.end, ...use(node) });
  for (const [key, child] of Object.entries(node))
    if (typeof child === 'object' && !(isCall && key === 'callee')) memberUses(child, objects, uses);
}

function isUse(node, objects) {
  return node.type === 'MemberExpression' && !node.computed && objects.get(node.object.name)?.has(node.property.name);
}

const use = ({ object, property }) => ({ object: object.name, property: property.name });

/**
 * What chunks export, as values. The bundler writes a getter for each, which is called for every use: on the path of a call that was
 * a twentieth of all it costs.
 */
import { parseAst } from 'rolldown/parseAst';

const GETTER =
  /Object\.defineProperty\(exports, "(\w+)", \{\s*enumerable: !0,\s*get: function\(\) \{\s*return ([\w$]+);\s*\}\s*\}\)/g;

/** The same chunk with values in the place of getters; what may be assigned later keeps its getter. */
export function withExportedValues(code) {
  if (code.search(GETTER) < 0) return code;
  const settled = settledNames(parseAst(code, { sourceType: 'commonjs' }));
  return code.replace(GETTER, (getter, name, local) => (settled.has(local) ? `exports.${name} = ${local}` : getter));
}

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

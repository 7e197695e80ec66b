/** All texts of a definition, each with its place: whatever stands in it is read by a model. */

/** The role of a text in its definition. */
type TextRole = 'name' | 'prose' | 'parameter' | 'value';

export interface DefinitionText {
  /** JSON Pointer (RFC 6901). For the name of a parameter, that of the parameter. */
  readonly where: string;
  readonly role: TextRole;
  readonly text: string;
}

const NAMES: ReadonlySet<string> = new Set(['name', 'uri', 'uriTemplate']);
const PROSE: ReadonlySet<string> = new Set(['title', 'description', '$comment', 'instructions']);
/** Members whose keys are names that a server chose. */
const MAPS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);
/** Pictures: what they say is drawn. */
const PICTURE = /^data:image\//i;

interface Visit {
  readonly value: unknown;
  readonly where: string;
  readonly key: string;
  /** True if the keys of this object are names that a server chose. */
  readonly isMap: boolean;
}

/** In the order of the definition. @param definition JSON value of one definition */
export function textsOf(definition: unknown): DefinitionText[] {
  const found: DefinitionText[] = [];
  const left: Visit[] = [{ value: definition, where: '', key: '', isMap: false }];
  for (let visit = left.pop(); visit !== undefined; visit = left.pop()) {
    const { value, where, key, isMap } = visit;
    if (typeof value === 'string') {
      if (value !== '' && !PICTURE.test(value)) found.push({ where, role: roleOf(where, key), text: value });
    } else if (typeof value === 'object' && value !== null) {
      const inner = Object.entries(value).reverse();
      for (const [name, member] of inner) {
        const place = `${where}/${escaped(name)}`;
        const isSchemaMap = !isMap && MAPS.has(name);
        left.push({ value: member, where: place, key: Array.isArray(value) ? key : name, isMap: isSchemaMap });
      }
      if (!Array.isArray(value)) {
        for (const name of isMap ? Object.keys(value) : unusualKeys(value)) {
          found.push({ where: `${where}/${escaped(name)}`, role: 'parameter', text: name });
        }
      }
    }
  }
  return found;
}

/** Keys that are no words of JSON Schema or MCP: whoever writes one, writes a text. */
function unusualKeys(value: object): string[] {
  return Object.keys(value).filter((key) => !/^[$\w./-]{1,40}$/.test(key));
}

function roleOf(where: string, key: string): TextRole {
  if (NAMES.has(key) && where.lastIndexOf('/') === 0) return 'name';
  return PROSE.has(key) || where === '' ? 'prose' : 'value';
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

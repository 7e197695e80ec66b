/** References to variables, from the words of a client into ours. Pure. */
import type { DialectVariables } from './dialects.ts';

interface ReferenceContext {
  /** Folder of the project that the entry is for; undefined for all of them. */
  readonly project?: string | undefined;
}

interface Converted {
  readonly text: string;
  /** DialectVariables of the environment that it needs. */
  readonly needs: readonly string[];
  /** Ids of inputs of VS Code. */
  readonly inputs: readonly string[];
  /** References that only the client can follow. */
  readonly lost: readonly string[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A text that stands for itself in our files. */
export function literal(text: string): string {
  return text.replace(/\$(?=[${])/g, '$$$$');
}

/** Says a text in our words: what the client replaces is a reference, everything else stands for itself. */
export function convert(text: string, variables: DialectVariables, { project }: ReferenceContext): Converted {
  const needs: string[] = [];
  const inputs: string[] = [];
  const lost: string[] = [];
  const variable = (name: string, fallback?: string): string => {
    if (fallback === undefined) needs.push(name);
    return fallback === undefined ? `\${${name}}` : `\${${name}:-${fallback.replaceAll('$', '$$$$')}}`;
  };
  /** Undefined where the client leaves it as it is. */
  const standsFor = (reference: string): string | undefined => {
    const [, name, fallback] = /^\$\{([^}:]*)(?::-([^}]*))?\}$/s.exec(reference) ?? [];
    const bare = /^\$([A-Za-z_]\w*)$/.exec(reference)?.[1];
    switch (variables) {
      case 'none':
        return undefined;
      case 'braces':
        return name !== undefined && NAME.test(name) ? variable(name, fallback) : undefined;
      case 'shell':
        if (bare !== undefined) return variable(bare);
        return name !== undefined && NAME.test(name) ? variable(name, fallback) : undefined;
      case 'curly': {
        const inner = /^\{env:([^}]*)\}$/.exec(reference)?.[1];
        if (inner !== undefined && NAME.test(inner)) return variable(inner);
        if (reference.startsWith('{file:')) lost.push(reference);
        return undefined;
      }
      case 'continue': {
        const inner = /^\$\{\{\s*(?:secrets|inputs)\.([A-Za-z_]\w*)\s*\}\}$/.exec(reference)?.[1];
        return inner === undefined ? undefined : variable(inner);
      }
      default:
        return ofEditor(reference);
    }
  };
  const ofEditor = (reference: string): string | undefined => {
    const inner = reference.slice(2, -1);
    if (!reference.startsWith(`\${`)) return undefined;
    if (inner.startsWith('env:')) return NAME.test(inner.slice(4)) ? variable(inner.slice(4)) : undefined;
    if (inner === 'workspaceFolder' || inner === 'workspaceRoot')
      return project === undefined ? `\${workspaceFolder}` : literal(project);
    if (inner === 'workspaceFolderBasename' && project !== undefined)
      return literal(project.split(/[\\/]/).at(-1) ?? '');
    if (PLACES.has(inner)) return `\${${inner}}`;
    if (variables === 'env-and-inputs' && inner.startsWith('input:')) {
      inputs.push(inner.slice('input:'.length));
      return reference;
    }
    if (/^(?:command|config|input|file|selectedText|lineNumber|cwd|execPath|defaultBuildTask)\b/.test(inner))
      lost.push(reference);
    return undefined;
  };
  const pattern = variables === 'curly' ? /\{(?:env|file):[^}]*\}/g : /\$\{\{[^}]*\}\}|\$\{[^}]*\}|\$[A-Za-z_]\w*/g;
  let result = '';
  let from = 0;
  for (const { 0: reference, index } of text.matchAll(pattern)) {
    const ours = standsFor(reference);
    if (ours === undefined) continue;
    // As if a dollar followed: the reference may begin with one.
    result += literal(`${text.slice(from, index)}$`).slice(0, -1) + ours;
    from = index + reference.length;
  }
  return { text: result + literal(text.slice(from)), needs, inputs, lost };
}

/** Names that mean the same here. */
const PLACES = new Set(['workspaceFolderBasename', 'userHome', 'pathSeparator', '/']);

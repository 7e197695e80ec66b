/** The head of a SKILL.md, which must be what the entry of its skill says, field by field (ext-skills, Verification on Read). */
import { parse } from 'yaml';
import { canonicalJson } from '../../protocol/canonical-json.ts';

/** Bytes of a head; none is as long. */
const MAX_BYTES = 256 * 1024;
const HEAD = /^\uFEFF?---[ \t]*\r?\n((?:[\s\S]*?\n)?)---[ \t]*(?:\r?\n|$)/;
/** Ends of lines that some readers of YAML see and others do not: a field may stand behind them. */
const ODD_LINE_END = /\r(?!\n)|[\u0085\u2028\u2029]/;
/** Servers write `yes` and the like as their parser reads it. */
const VERSIONS = ['1.2', '1.1'] as const;

/** True if a file begins with YAML that has these fields and no others. */
export function hasFrontmatter(bytes: Buffer, expected: Readonly<Record<string, unknown>>): boolean {
  const [, head] = HEAD.exec(bytes.toString('utf8', 0, MAX_BYTES)) ?? [];
  if (head === undefined || ODD_LINE_END.test(head)) return false;
  const wanted = canonicalJson(JSON.stringify(expected));
  return VERSIONS.some((version) => {
    try {
      const fields: unknown = parse(head, { version, maxAliasCount: 0, uniqueKeys: true, logLevel: 'error' });
      return canonicalJson(JSON.stringify(fields)) === wanted;
    } catch {
      return false;
    }
  });
}

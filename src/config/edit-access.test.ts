import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AccessList } from '../policy/rules-data.ts';
import { editAccess } from './edit-access.ts';
import * as schema from './file-schemas.ts';
import { parseDocument } from './json-document.ts';
import { readRules } from './rules-file.ts';

const COMMENTED = `{
  // all agents
  "agents": {
    "dev": { // the developer
      "allow": {
        // where the work is
        "servers": ["files", "*" /* for now */],
        "tools": {
          // only reading
          "files": [
            "read_*", // all of them
            "list_*" // and lists
          ],
          "db": ["query"]
        }
      },
      "deny": { "tools": { "*": ["drop_*"] } } // never
    }
  },
}
`;

it('changes pattern by pattern, and keeps what is said about the others', () => {
  const access = {
    servers: ['files', 'memory'],
    tools: { files: ['list_*', 'read_a'], memory: ['open'] },
    prompts: { '*': [] },
  };
  expect(editAccess(COMMENTED, 'dev', 'allow', access)).toBe(`{
  // all agents
  "agents": {
    "dev": { // the developer
      "allow": {
        // where the work is
        "servers": ["files", "memory"],
        "tools": {
          // only reading
          "files": [
            "list_*", // and lists
            "read_a"
          ],
          "memory": ["open"]
        },
        "prompts": {
          "*": []
        }
      },
      "deny": { "tools": { "*": ["drop_*"] } } // never
    }
  },
}
`);
});

it('writes what was on one line in several where it became long', () => {
  const names = Array.from({ length: 6 }, (_, at) => `a_tool_with_a_long_name_${at}`);
  const text = '{\r\n\t"agents": {\r\n\t\t"dev": { "allow": { "servers": ["*"] } }\r\n\t}\r\n}\r\n';
  const made = editAccess(text, 'dev', 'allow', { servers: ['x'], tools: { x: names } });
  expect(made.split('\r\n').slice(0, 8)).toEqual([
    '{',
    '\t"agents": {',
    '\t\t"dev": {',
    '\t\t\t"allow": {',
    '\t\t\t\t"servers": ["x"],',
    '\t\t\t\t"tools": {',
    '\t\t\t\t\t"x": [',
    '\t\t\t\t\t\t"a_tool_with_a_long_name_0",',
  ]);
  expect(editAccess(made, 'dev', 'allow', { servers: ['x'], tools: { x: names } })).toBe(made);
});

it('makes the agent where it is missing', () => {
  const made = editAccess('{\n  "agents": {}\n}\n', 'new', 'deny', { tools: { '*': ['x'] } });
  expect(rulesIn(made)).toEqual({ agents: { new: { deny: { tools: { '*': ['x'] } } } } });
});

function rulesIn(text: string): unknown {
  const parsed = parseDocument('rules', Buffer.from(text));
  if (!parsed.ok) throw new Error(`${text}\n${JSON.stringify(parsed.problems)}`);
  const { rules, problems } = readRules(parsed.document, schema);
  if (rules === undefined) throw new Error(`${text}\n${JSON.stringify(problems)}`);
  return JSON.parse(JSON.stringify(rules));
}

/** The order of patterns means nothing. */
function unordered(rules: unknown): unknown {
  return JSON.parse(JSON.stringify(rules, (_key, value: unknown) => (Array.isArray(value) ? value.toSorted() : value)));
}

it('property: afterwards the list says what it should, and nothing else of the rules changed', () => {
  const pattern = fc.constantFrom('a', 'b_*', 'c', '[x]', 'é', '//', '__proto__');
  const patterns = fc.uniqueArray(pattern, { maxLength: 3 });
  const map = fc.dictionary(pattern, patterns, { maxKeys: 3, noNullPrototype: false });
  const access = fc.record(
    { servers: patterns, tools: map, prompts: map, resources: map },
    { requiredKeys: [] },
  ) as fc.Arbitrary<AccessList>;
  const agent = fc.record({ allow: access, deny: access }, { requiredKeys: [] });
  const layout = fc.constantFrom<[string | number | undefined, string]>(
    [undefined, ''],
    [2, ' // c'],
    ['\t', ' /* c */'],
    [2, ''],
  );
  fc.assert(
    fc.property(
      agent,
      agent,
      access,
      fc.constantFrom('allow', 'deny'),
      layout,
      (one, other, wanted, side, [space, comment]) => {
        const rules = { agents: { one, other } };
        const text = JSON.stringify(rules, null, space).replaceAll('",\n', `",${comment}\n`);
        const made = editAccess(text, 'one', side, wanted);
        const expected = { agents: { one: { ...one, [side]: wanted }, other } };
        expect(unordered(rulesIn(made))).toEqual(unordered(expected));
        expect(editAccess(made, 'one', side, wanted)).toBe(made);
      },
    ),
    { numRuns: 300 },
  );
});

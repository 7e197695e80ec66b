import { expect, it } from 'vitest';
import { callWarnings } from './call-warnings.ts';
import { parseDocument } from './json-document.ts';
import { approvedWarnings } from './rule-warnings.ts';

const KNOWN = new Map([
  [
    'files',
    new Map<string, unknown>([
      ['write_file', { type: 'object', properties: { path: {}, content: {} } }],
      ['write_log', { type: 'object', properties: { text: {} } }],
      ['list', { type: 'object' }],
    ]),
  ],
]);

function warnings(agent: object, { approved = false } = {}): string[] {
  const text = JSON.stringify({ agents: { dev: agent } });
  const parsed = parseDocument('rules', Buffer.from(text));
  if (!parsed.ok) throw new Error('not JSON');
  const rules = JSON.parse(text);
  const found = approved ? approvedWarnings(parsed.document, rules) : callWarnings(parsed.document, rules, KNOWN);
  return found.map(({ message, fix, severity }) => `${severity}: ${message} - ${fix}`);
}

it('names tools and arguments that there are not, with what may have been meant', () => {
  expect(
    warnings({
      allow: {
        servers: ['*'],
        tools: {
          files: ['list', 'wrte_file', { tool: 'write_file', args: { '/pth': {}, '/path': {}, '/content/x': {} } }],
          other: ['anything', { tool: 'x', args: { '/y': {} } }],
        },
      },
      ask: { tools: { '*': [{ tool: 'write_*', args: { '/txt': {}, '/text': {} } }, 'elsewhere'] } },
      deny: { tools: { files: [{ tool: 'list', args: { '/anything': {} } }, 'drop_*'] } },
      approved: { files: ['write_fil'] },
    }),
  ).toEqual([
    'warning: "agents.dev.allow.tools.files[1]": Server "files" lists no tool "wrte_file" - Did you mean "write_file"?',
    'warning: "agents.dev.allow.tools.files[2].args./pth": Tool "write_file" takes no argument "/pth" - Did you mean "path"?',
    'warning: "agents.dev.ask.tools.*[0].args./txt": No tool that "write_*" matches takes an argument "/txt" - Did you mean "text"?',
    'warning: "agents.dev.approved.files[0]": Server "files" lists no tool "write_fil" - Did you mean "write_file"?',
  ]);
});

it('an answer for good to what nobody asks about is told, and one to what somebody may ask about is not', () => {
  const allow = { servers: ['files'] };
  const approved = { files: ['write_file'] };
  const one = { files: [{ tool: 'write_file', arguments_sha256: '0'.repeat(64) }] };
  const asks = [
    { tools: { files: ['write_*'] } },
    { servers: ['files'] },
    { access: { '*': ['write'] } },
    { tools: { '*': [{ tool: 'write_file', args: { '/path': { equals: 'a' } } }] } },
  ];
  for (const ask of asks) {
    expect(warnings({ allow, ask, approved }, { approved: true })).toEqual([]);
    expect(warnings({ allow, ask, approved: one }, { approved: true })).toEqual([]);
  }
  const said =
    /^warning: "agents.dev.approved.files\[0\]" changes nothing: nobody is asked about "write_file" of "files"/;
  for (const rules of [
    { allow, approved },
    { allow, approved, ask: { tools: { files: ['other'] } } },
    { allow, approved, ask: { servers: ['files'] }, deny: { tools: { files: ['write_*'] } } },
  ]) {
    expect(warnings(rules, { approved: true })).toEqual([expect.stringMatching(said)]);
  }
});

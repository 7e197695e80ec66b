import { expect, it } from 'vitest';
import { addAnswer } from './edit-answers.ts';

const TEXT = `{
  // Who may what.
  "agents": {
    "dev": {
      "allow": { "servers": ["files"] }, // all of it
      "ask": { "tools": { "files": ["write_*"] } }
    }
  }
}
`;
const ONE = { tool: 'move', arguments_sha256: 'a'.repeat(64) };

it('a standing answer is added, and every comment stays', () => {
  const first = addAnswer(TEXT, 'dev', 'files', 'write_file');
  expect(first).toContain('// all of it');
  const second = addAnswer(addAnswer(first, 'dev', 'files', ONE), 'dev', 'mail', 'send');
  expect(second).toContain('// Who may what.');
  const plain = JSON.parse(second.replace(/\/\/.*$/gm, '')) as { agents: { dev: { approved: object } } };
  expect(plain.agents.dev.approved).toEqual({ files: ['write_file', ONE], mail: ['send'] });
  expect(addAnswer(second, 'dev', 'files', ONE)).toBe(second);
});

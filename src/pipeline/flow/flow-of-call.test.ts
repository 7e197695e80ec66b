import { expect, it } from 'vitest';
import { snapshotOf } from '../testing.ts';
import { labelsOf } from './flow-of-call.ts';

const THEN = 'then';
const snapshot = snapshotOf(
  {
    agents: {},
    labels: { mail: { read: ['private'] }, desk: { mail_read: ['untrusted'] } },
    flow: [{ after: ['private'], call: 'external', [THEN]: 'ask' }],
  },
  ['mail'],
);
const named = (server: string, name: string, asked = { server, name }, said?: readonly string[]) =>
  labelsOf({ snapshot, asked, target: { server, name }, invocation: undefined, said });

it('has what is said of a tool, of the name of it on a virtual server, and what its server says where the owner says nothing', () => {
  expect(named('mail', 'read')).toEqual(['private']);
  expect(named('mail', 'read', { server: 'desk', name: 'mail_read' })).toEqual(['private', 'untrusted']);
  expect(named('mail', 'send', { server: 'desk', name: 'mail_send' }, ['external'])).toEqual(['external']);
  expect(named('mail', 'send')).toBeUndefined();
  expect(
    labelsOf({
      snapshot: snapshotOf({ agents: {} }, []),
      asked: undefined,
      target: undefined,
      invocation: undefined,
      said: undefined,
    }),
  ).toBeUndefined();
});

import { expect, it } from 'vitest';
import { GatewayError } from '../../shared/errors.ts';
import type { Tenant } from '../contract.ts';
import { LAST_OUTPUT } from '../failures.ts';
import { errorFor } from './last-output.ts';

const tenant = (owner: string, sole = false): Tenant => ({
  owner,
  agent: 'agent',
  session: undefined,
  capabilities: '{}',
  requestCapabilities: '{}',
  sole,
});
const whose = (owner: string) => ({ owner, session: undefined, capabilities: '{}' });
const ERROR = new GatewayError('SERVER_UNAVAILABLE', 'It ended.', {
  data: { exited: true, [LAST_OUTPUT]: ' Output.' },
});
const tell = (...args: Parameters<typeof errorFor> extends [unknown, ...infer Rest] ? Rest : never): unknown => {
  const { message, data } = errorFor(ERROR, ...args) as GatewayError;
  expect(data).toEqual({ exited: true });
  return message;
};

it.each([
  ['the owner of the gateway', 'It ended. Output.', { isExclusive: false, whose: undefined }, undefined],
  ['the only principal', 'It ended. Output.', { isExclusive: true, whose: undefined }, tenant('stdio', true)],
  ['whom it serves alone', 'It ended. Output.', { isExclusive: true, whose: whose('a') }, tenant('a')],
  ['another one', 'It ended.', { isExclusive: true, whose: whose('a') }, tenant('b')],
  ['one of several', 'It ended.', { isExclusive: false, whose: undefined }, tenant('a')],
  ['somebody before it serves anybody', 'It ended.', { isExclusive: true, whose: undefined }, tenant('a')],
] as const)('tells %s: %s', (_who, said, pooled, caller) => {
  expect(tell(pooled, caller)).toBe(said);
});

it('tells nothing of it with a list, for which others wait too', () => {
  expect(tell({ isExclusive: true, whose: whose('a') }, tenant('a'), true)).toBe('It ended.');
});

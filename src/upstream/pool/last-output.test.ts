import { expect, it } from 'vitest';
import { GatewayError } from '../../shared/errors.ts';
import type { Tenant } from '../contract.ts';
import { LAST_OUTPUT } from '../failures.ts';
import { toldTo } from './last-output.ts';

const tenant = (principal: string, sole = false): Tenant => ({
  principal,
  agent: 'agent',
  session: undefined,
  capabilities: '{}',
  requestCapabilities: '{}',
  sole,
});
const whose = (principal: string) => ({ principal, session: undefined, capabilities: '{}' });
const ERROR = new GatewayError('SERVER_UNAVAILABLE', 'It ended.', {
  data: { exited: true, [LAST_OUTPUT]: ' Output.' },
});
const tell = (...args: Parameters<typeof toldTo> extends [unknown, ...infer Rest] ? Rest : never): unknown => {
  const { message, data } = toldTo(ERROR, ...args) as GatewayError;
  expect(data).toEqual({ exited: true });
  return message;
};

it.each([
  ['the owner of the gateway', 'It ended. Output.', { exclusive: false, whose: undefined }, undefined],
  ['the only principal', 'It ended. Output.', { exclusive: true, whose: undefined }, tenant('stdio', true)],
  ['whom it serves alone', 'It ended. Output.', { exclusive: true, whose: whose('a') }, tenant('a')],
  ['another one', 'It ended.', { exclusive: true, whose: whose('a') }, tenant('b')],
  ['one of several', 'It ended.', { exclusive: false, whose: undefined }, tenant('a')],
  ['somebody before it serves anybody', 'It ended.', { exclusive: true, whose: undefined }, tenant('a')],
] as const)('tells %s: %s', (_who, said, instance, party) => {
  expect(tell(instance, party)).toBe(said);
});

it('tells nothing of it with a list, for which others wait too', () => {
  expect(tell({ exclusive: true, whose: whose('a') }, tenant('a'), true)).toBe('It ended.');
});

import { expect, it } from 'vitest';
import { bridgeCommand } from './bridge-command.ts';

const bridge = ['/run/node', '--flag', '--eval', 'listen()', '/run/proxy.sock'];

it('perl opens the way, and hands the bridge and the server over as words', () => {
  const [perl, option, , ...rest] = bridgeCommand({ perl: '/usr/bin/perl', bridge, port: 3128 });
  expect([perl, option]).toEqual(['/usr/bin/perl', '-e']);
  expect(rest).toEqual(['3128', '5', ...bridge]);
});

it('without perl, the bridge starts the server', () => {
  expect(bridgeCommand({ perl: undefined, bridge, port: 3128 })).toEqual([...bridge, '3128']);
});

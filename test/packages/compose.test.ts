/** The Compose file of several gateways: bounds, variables that the gateway knows, and the nginx that knows all of them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../support/paths.ts';

interface Service {
  readonly image: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly mem_limit: string;
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const text = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const { services } = parse(text('deploy/compose/compose.yaml'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
};
const gateways = Object.entries(services).filter(([name]) => name.startsWith('gateway-'));

it('all run within bounds, and only nginx is reached from outside, on this machine', () => {
  expect(gateways).toHaveLength(3);
  for (const [name, service] of Object.entries(services)) {
    expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(service.mem_limit, name).toBeDefined();
    expect(service.ports ?? [], name).toEqual(name === 'nginx' ? ['127.0.0.1:8080:8080'] : []);
  }
});

it('gateways get variables that there are, nothing secret, and the time to stop', () => {
  const known = new Set([...text('docs/reference/variables.md').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name));
  for (const [, { environment = {}, stop_grace_period: grace = '' }] of gateways) {
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
    expect(Object.keys(environment).filter((name) => /_KEY$|STORE|TOKEN/.test(name))).toEqual([]);
    expect(Number.parseInt(grace, 10)).toBeGreaterThan(Number(environment['GATEWAY_STOP_DELAY_SECONDS']) + 20);
  }
});

it('nginx has all gateways, makes no call twice, and waits as long as a call may take', () => {
  const conf = text('deploy/compose/nginx.conf');
  const named = [...conf.matchAll(/server ([\w-]+):8000/g)].map(([, name]) => name);
  const all = gateways.map(([name]) => name);
  expect(named).toEqual([...all, ...all]);
  expect(conf).not.toContain('non_idempotent');
  expect(conf).toMatch(/proxy_read_timeout 11m;[\s\S]*proxy_next_upstream error timeout;/);
});

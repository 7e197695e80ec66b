import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createConfigStore } from '../config/config-store.ts';
import { RULES_FILE, SERVERS_FILE } from '../config/locate-files.ts';
import { makeSandbox, RULES, type Sandbox, SERVERS } from '../config/testing.ts';
import { createConfigReplica } from './config-replica.ts';

let box: Sandbox;

beforeEach(async () => {
  box = await makeSandbox();
  await box.write(join(box.own, SERVERS_FILE), SERVERS);
  await box.write(join(box.own, RULES_FILE), RULES);
});
afterEach(() => box.remove());

it('a listener that throws keeps the swap from nobody', async () => {
  const settings = box.settings({});
  const store = await createConfigStore({ settings, env: {}, watch: false });
  const config = { location: store.location, contents: store.contents(), status: store.status() };
  const order = { number: 0, of: 2, settings, config, owners: new Map(), startedAt: 0, mainScript: undefined };
  const errors: unknown[] = [];
  const replica = await createConfigReplica(
    order,
    () => undefined,
    (error) => errors.push(error),
  );
  const told: unknown[] = [];
  replica.subscribe(() => {
    throw new Error('listener');
  });
  replica.subscribe((next) => told.push(next));
  let isCaughtUp = false;
  const caughtUp = replica.caughtUp().then(() => {
    isCaughtUp = true;
  });
  await replica.prepare(store.contents(), new Map());
  replica.swap();
  await Promise.resolve();
  expect([isCaughtUp, told, errors]).toMatchObject([true, [replica.current()], [{ message: 'listener' }]]);
  await caughtUp;
});

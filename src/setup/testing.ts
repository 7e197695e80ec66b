/** A home folder with files of clients, for tests. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { resolveSettings } from '../config/settings.ts';
import type { Machine } from './client-files.ts';
import { CLIENTS } from './clients.ts';
import { type ImportOptions, type ImportPlan, type PlanContext, planImport } from './import-plan.ts';
import type { SecretStore } from './secret-store.ts';
import { readSources } from './sources.ts';

export interface TestHome {
  readonly dir: string;
  readonly place: Machine;
  readonly context: PlanContext;
  write(files: Readonly<Record<string, string>>): void;
  plan(options?: ImportOptions): Promise<ImportPlan>;
  remove(): void;
}

/** @param kept secrets of the store. */
export function makeTestHome(
  kept: ReadonlyMap<string, string> = new Map(),
  env: Readonly<Record<string, string>> = {},
): TestHome {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'setup-home-')));
  const cwd = join(dir, 'work');
  mkdirSync(cwd);
  const place: Machine = { home: dir, cwd, env, platform: 'linux' };
  const store: SecretStore = {
    all: async () => kept,
    change: async (name) => ({
      path: join(dir, 'secrets', name),
      before: undefined,
      after: Buffer.from('sealed'),
      owner: 'gateway',
    }),
  };
  const context = { settings: resolveSettings({}, env, { cwd, home: dir }), place, store };
  return {
    dir,
    place,
    context,
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, name)), { recursive: true });
        writeFileSync(join(dir, name), text);
      }
    },
    plan: (options) => planImport(readSources(CLIENTS, place), context, options),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { seal, unseal } from '../../config/encryption.ts';
import type { Keychain } from '../../config/keychain.ts';
import type { CredentialKey } from './credential-contract.ts';
import { FileCredentialStore, type StoreOptions } from './credential-store.ts';

const KEY: CredentialKey = { issuer: 'https://id.example.com', resource: 'https://mcp.example.com/mcp', owner: '' };
const OTHER: CredentialKey = { ...KEY, owner: 'ci' };
const VALUE = { access_token: 'canary-access', refresh_token: 'canary-refresh', n: 1 };
const UNREADABLE = { code: 'CREDENTIALS_UNREADABLE' };

interface Lab {
  readonly dir: string;
  readonly problems: string[];
  open(options?: Partial<StoreOptions>): FileCredentialStore;
  /** Names of the files, those of the key apart. */
  files(): string[];
  everything(): string;
}

function lab(): Lab {
  const parent = mkdtempSync(join(tmpdir(), 'gateway-store-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const dir = join(parent, 'credentials');
  const problems: string[] = [];
  const onProblem = (message: string): void => void problems.push(message);
  return {
    dir,
    problems,
    open: (options) =>
      new FileCredentialStore({ dir, given: undefined, keychain: async () => undefined, onProblem, ...options }),
    files: () => readdirSync(dir).filter((name) => name !== 'key.json'),
    everything: () =>
      readdirSync(dir)
        .map((name) => name + readFileSync(join(dir, name), 'utf8'))
        .join('\n'),
  };
}

/** A keychain in memory. */
function fakeKeychain(): Keychain & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    get: async (name) => entries.get(name),
    set: async (name, secret) => void entries.set(name, secret),
  };
}

describe('stored credentials', () => {
  it('are read, changed, listed and removed', async () => {
    const { open, files, dir } = lab();
    const store = open();
    expect([await store.list(), await store.read(KEY), await store.remove(KEY)]).toEqual([[], undefined, false]);
    expect(() => readdirSync(dir)).toThrow(/ENOENT/);
    const seen: unknown[] = [];
    expect(
      await store.update(KEY, async (stored) => {
        seen.push(stored);
        return VALUE;
      }),
    ).toEqual(VALUE);
    expect(await store.update(KEY, async (stored) => void seen.push(stored))).toEqual(VALUE);
    expect(seen).toEqual([undefined, VALUE]);
    await store.update(OTHER, async () => ({ other: true }));
    const again = open();
    expect([await again.read(KEY), await again.read(OTHER)]).toEqual([VALUE, { other: true }]);
    expect(await again.list()).toHaveLength(2);
    expect(await again.list()).toEqual(expect.arrayContaining([KEY, OTHER]));
    expect([await again.remove(KEY), await again.remove(KEY)]).toEqual([true, false]);
    expect([await store.read(KEY), await store.list()]).toEqual([undefined, [OTHER]]);
    // No lock and no temporary file is left.
    expect(files()).toHaveLength(1);
  });

  it('are nobody else’s to read: 0600 in 0700, and encrypted', async () => {
    const { open, dir, everything } = lab();
    mkdirSync(dir, { mode: 0o755 });
    await open().update(KEY, async () => VALUE);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(readdirSync(dir)).toHaveLength(2);
    for (const name of readdirSync(dir)) expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(everything()).toContain('id.example.com');
    expect(everything()).not.toContain('canary');
  });

  it('stay as they were when a change fails', async () => {
    const store = lab().open();
    await store.update(KEY, async () => VALUE);
    const failing = store.update(KEY, () => Promise.reject(new Error('HTTP 500')));
    await expect(failing).rejects.toThrow('HTTP 500');
    expect(await store.read(KEY)).toEqual(VALUE);
  });

  it('are changed one after the other', async () => {
    const { open } = lab();
    const stores = [open(), open()];
    const increment = async (stored: unknown): Promise<number> => {
      await new Promise((resolve) => setImmediate(resolve));
      return Number(stored ?? 0) + 1;
    };
    await Promise.all(Array.from({ length: 40 }, (_, n) => stores[n % 2]?.update(KEY, increment)));
    expect(await open().read(KEY)).toBe(40);
  });
});

/** No handle of a file can write, until the test is over. */
async function fillDisk(): Promise<void> {
  const handle = await open(process.execPath);
  const writing = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'write');
  writing.mockRejectedValue(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
  onTestFinished(() => writing.mockRestore());
  await handle.close();
}

describe('a full disk', () => {
  it('is noticed before a token is asked for, and nothing changes', async () => {
    const { open, files, dir } = lab();
    const store = open();
    await store.update(KEY, async () => VALUE);
    const before = files();
    await fillDisk();
    let asked = false;
    const change = async (): Promise<unknown> => {
      asked = true;
      return 1;
    };
    await expect(store.update(KEY, change)).rejects.toThrow(/cannot be written \(ENOSPC\)/);
    expect([asked, await store.read(KEY), files()]).toEqual([false, VALUE, before]);
    // Nor where there can be no folder.
    writeFileSync(join(dir, 'file'), '');
    const nowhere = open({ dir: join(dir, 'file', 'credentials') });
    await expect(nowhere.update(KEY, change)).rejects.toMatchObject(UNREADABLE);
    expect(asked).toBe(false);
  });
});

describe('a key', () => {
  it('may be given, and is then not kept', async () => {
    const { open, everything } = lab();
    const given = Buffer.alloc(32, 7);
    await open({ given }).update(KEY, async () => VALUE);
    expect(everything()).not.toContain(given.toString('base64'));
    expect(await open({ given }).read(KEY)).toEqual(VALUE);
    for (const wrong of [{ given: Buffer.alloc(32, 8) }, {}]) {
      const store = open(wrong);
      await expect(store.read(KEY)).rejects.toMatchObject(UNREADABLE);
      await expect(store.read(KEY)).rejects.toThrow(/another key than .*(GATEWAY_SECRET_KEY|key\.json).* back/);
      // Nothing is replaced, and no token is asked for that could not be kept.
      const change = async (): Promise<never> => Promise.reject(new Error('asked'));
      await expect(store.update(KEY, change)).rejects.toMatchObject(UNREADABLE);
      expect(await store.list()).toEqual([KEY]);
    }
    expect(await open({ given }).read(KEY)).toEqual(VALUE);
    expect(await open().remove(KEY)).toBe(true);
  });

  it('is made once, also by many at the same time', async () => {
    const { open } = lab();
    await Promise.all([1, 2, 3, 4].map((n) => open().update({ ...KEY, owner: `${n}` }, async () => n)));
    const store = open();
    expect(await Promise.all([1, 2, 3, 4].map((n) => store.read({ ...KEY, owner: `${n}` })))).toEqual([1, 2, 3, 4]);
  });

  it('that is damaged or lost is an error, and nothing is lost', async () => {
    const { open, dir } = lab();
    await open().update(KEY, async () => VALUE);
    const path = join(dir, 'key.json');
    const good = readFileSync(path, 'utf8');
    const another = { version: 1, id: 'x', in: 'file', key: Buffer.alloc(32).toString('base64') };
    for (const bad of ['', '{', '{"version":2}', good.slice(0, -20), JSON.stringify(another)]) {
      writeFileSync(path, bad);
      await expect(open().read(KEY)).rejects.toMatchObject(UNREADABLE);
    }
    rmSync(path);
    await expect(open().read(KEY)).rejects.toThrow(/another key/);
    writeFileSync(path, good);
    expect(await open().read(KEY)).toEqual(VALUE);
  });

  it('made anew while a gateway runs is used by it', async () => {
    const { open, dir } = lab();
    const running = open();
    await running.update(KEY, async () => VALUE);
    rmSync(dir, { recursive: true });
    await open().update(OTHER, async () => 1);
    expect(await running.read(KEY)).toBeUndefined();
    await running.update(KEY, async () => VALUE);
    expect([await open().read(KEY), await open().read(OTHER)]).toEqual([VALUE, 1]);
  });
});

describe('a keychain', () => {
  it('keeps the key, which is then not in the folder', async () => {
    const { open, everything } = lab();
    const chain = fakeKeychain();
    await open({ keychain: async () => chain }).update(KEY, async () => VALUE);
    const [secret = ''] = chain.entries.values();
    expect(Buffer.from(secret, 'base64')).toHaveLength(32);
    expect(everything()).not.toContain(secret);
    expect(await open({ keychain: async () => chain }).read(KEY)).toEqual(VALUE);
  });

  it('that is not there any more is an error that says what to do', async () => {
    const { open } = lab();
    const chain = fakeKeychain();
    const locked: Keychain = { ...chain, get: () => Promise.reject(new Error('locked')) };
    await open({ keychain: async () => chain }).update(KEY, async () => VALUE);
    for (const keychain of [undefined, locked, fakeKeychain()]) {
      const store = open({ keychain: async () => keychain });
      await expect(store.read(KEY)).rejects.toMatchObject(UNREADABLE);
      await expect(store.read(KEY)).rejects.toThrow(/in the keychain, .*GATEWAY_SECRET_KEY/);
      await expect(store.update(OTHER, async () => 1)).rejects.toMatchObject(UNREADABLE);
    }
    expect(await open({ keychain: async () => chain }).read(KEY)).toEqual(VALUE);
  });

  it('that does not work is none', async () => {
    const refusing: Keychain = { get: async () => undefined, set: () => Promise.reject(new Error('no service')) };
    for (const keychain of [refusing, { ...refusing, set: async () => undefined }]) {
      const { open } = lab();
      await open({ keychain: async () => keychain }).update(KEY, async () => VALUE);
      expect(await open().read(KEY)).toEqual(VALUE);
    }
  });
});

describe('a damaged file', () => {
  it('is an error, is not listed, and can be removed', async () => {
    const { open, dir, files, problems } = lab();
    const store = open();
    await store.update(KEY, async () => VALUE);
    await store.update(OTHER, async () => VALUE);
    const [first = '', second = ''] = files();
    const good = readFileSync(join(dir, first), 'utf8');
    const damages = ['', 'null', good.slice(0, -10), good.replace(/"data":"..../, '"data":"AAAA')];
    for (const content of damages) {
      writeFileSync(join(dir, first), content);
      const read = await Promise.allSettled([store.read(KEY), store.read(OTHER)]);
      expect(read.filter(({ status }) => status === 'rejected')).toEqual([
        { status: 'rejected', reason: expect.objectContaining(UNREADABLE) },
      ]);
    }
    writeFileSync(join(dir, first), '{}');
    expect(await store.list()).toHaveLength(1);
    expect(await store.list()).toHaveLength(1);
    expect(problems).toEqual([expect.stringContaining(`${first} is damaged: remove that file`)]);
    // One file in the place of another one.
    renameSync(join(dir, second), join(dir, first));
    expect(await store.list()).toEqual([]);
    const swapped = await Promise.allSettled([store.read(KEY), store.read(OTHER)]);
    expect(swapped.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await Promise.all([store.remove(KEY), store.remove(OTHER)])).sort()).toEqual([false, true]);
    expect(files()).toEqual([]);
  });

  it('is noticed whatever byte is another one', () => {
    const key = Buffer.alloc(32, 1);
    const byte = fc.nat({ max: 255 });
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), byte, (text, about, at, mask) => {
        const sealed = seal(key, text, about);
        expect(unseal(key, sealed, about)).toBe(text);
        const bytes = Buffer.from(sealed, 'base64');
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (mask || 1);
        expect(unseal(key, bytes.toString('base64'), about)).toBeUndefined();
        expect(unseal(key, bytes.subarray(0, at % bytes.length).toString('base64'), about)).toBeUndefined();
        expect(unseal(key, sealed, `${about}.`)).toBeUndefined();
        expect(unseal(Buffer.alloc(32, 2), sealed, about)).toBeUndefined();
      }),
    );
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../config/config-files.ts';
import { similarity, toVector, type Vector } from './vector.ts';
import { createVectorStore } from './vector-store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vectors-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const vector = (...numbers: number[]): Vector => toVector(numbers) as Vector;
const key = (name: string): string => sha256(name);

describe('the store of vectors', () => {
  it('keeps them in one file that only its owner can read', async () => {
    const store = createVectorStore(folder, 'model');
    await store.load();
    await store.save();
    expect(readdirSync(folder)).toEqual([]);
    store.add(key('a'), vector(1, -1, 0.5));
    store.add(key('b'), vector(0, 0, 2));
    await store.save();
    const again = createVectorStore(folder, 'model');
    await again.load();
    expect(again.get(key('a'))).toEqual(vector(1, -1, 0.5));
    expect(again.get(key('b'))).toEqual(vector(0, 0, 2));
    expect(again.get(key('c'))).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['model.vectors']);
    expect(statSync(join(folder, 'model.vectors')).mode & 0o777).toBe(0o600);
  });

  it('adds to what another process wrote', async () => {
    const [one, other] = [createVectorStore(folder, 'model'), createVectorStore(folder, 'model')];
    await Promise.all([one.load(), other.load()]);
    one.add(key('a'), vector(1, 2));
    await one.save();
    other.add(key('b'), vector(3, 4));
    await other.save();
    const both = createVectorStore(folder, 'model');
    await both.load();
    expect(both.size).toBe(2);
  });

  it('takes a file that is damaged, cut or of another model for none', async () => {
    const store = createVectorStore(folder, 'model');
    store.add(key('a'), vector(1, 2));
    await store.save();
    const path = join(folder, 'model.vectors');
    const good = readFileSync(path);
    for (const bad of [good.subarray(0, -1), Buffer.from('{"version":2,"dimensions":0}\n'), Buffer.from('no'), '']) {
      writeFileSync(path, bad);
      const again = createVectorStore(folder, 'model');
      await again.load();
      expect(again.size).toBe(0);
    }
    writeFileSync(path, good);
    const longer = createVectorStore(folder, 'model');
    await longer.load();
    longer.add(key('b'), vector(1, 2, 3));
    expect(longer.get(key('a'))).toBeUndefined();
    await longer.save();
    const replaced = createVectorStore(folder, 'model');
    await replaced.load();
    expect([replaced.size, replaced.dimensions]).toEqual([1, 3]);
  });

  it('keeps no more than fit, first what was asked for', async () => {
    const full = createVectorStore(folder, 'model', 3);
    for (const name of ['a', 'b', 'c']) full.add(key(name), vector(1, 2));
    await full.save();
    const store = createVectorStore(folder, 'model', 3);
    await store.load();
    expect(store.get(key('a'))).toBeDefined();
    store.add(key('d'), vector(1, 2));
    expect([store.size, store.get(key('a')), store.get(key('b'))]).toEqual([3, vector(1, 2), undefined]);
    for (let more = 0; more < 10; more++) store.add(key(`${more}`), vector(1, 2));
    expect(store.size).toBe(3);
    await store.save();
    expect(statSync(join(folder, 'model.vectors')).size).toBeLessThan(200);
  });

  it('removes the files of models that were tried long ago', async () => {
    for (let model = 0; model < 6; model++) {
      const store = createVectorStore(folder, `model-${model}`);
      store.add(key('a'), vector(1));
      await store.save();
      utimesSync(join(folder, `model-${model}.vectors`), 1000 + model, 1000 + model);
    }
    expect(readdirSync(folder).sort()).toEqual(
      ['model-2', 'model-3', 'model-4', 'model-5'].map((name) => `${name}.vectors`),
    );
  });
});

describe('vectors as bytes', () => {
  it('are as similar as the numbers were', () => {
    const numbers = fc.array(fc.float({ noNaN: true, min: -1, max: 1 }), { minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [one, other] = [toVector(a), toVector(b)];
        fc.pre(one !== undefined && other !== undefined);
        const dot = (x: readonly number[], y: readonly number[]) =>
          x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
        const exact = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
        expect(Math.abs(similarity(one as Vector, other as Vector) - exact)).toBeLessThan(0.03);
      }),
    );
  });

  it('need a direction', () => {
    expect(toVector([])).toBeUndefined();
    expect(toVector([0, 0])).toBeUndefined();
    expect(toVector([1, Number.NaN])).toBeUndefined();
    expect(toVector([1, Number.POSITIVE_INFINITY])).toBeUndefined();
  });
});

import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CarriedLabels, type Carrier } from './carried-labels.ts';
import { LabelFiles } from './label-files.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'labels-'));
const by = { server: 'mail', name: 'read' };
const carrier = (more: Partial<Carrier> = {}): Carrier => ({
  rules: '/rules.json',
  owner: 'me',
  caller: 'me',
  agent: undefined,
  session: 's1',
  ...more,
});

const MINUTE = 60_000;

/** An event of the oracle: who touches what, or time passes, a process starts anew, or a label is taken back. */
const event = fc.oneof(
  fc.record({
    do: fc.constant('touch' as const),
    owner: fc.constantFrom('a', 'b'),
    session: fc.constantFrom(undefined, 's1', 's2'),
    process: fc.nat(1),
    label: fc.constantFrom('x', 'y'),
  }),
  fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ do: fc.constant('restart' as const), process: fc.nat(1) }),
  fc.record({ do: fc.constant('reset' as const), owner: fc.constantFrom('a', 'b'), label: fc.constantFrom('x', 'y') }),
);

it('is what the list of all that happened says', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.integer({ min: 1, max: 200 }), (events, window) => {
      const folder = newFolder();
      let now = Date.UTC(2026, 10, 30);
      const start = (): CarriedLabels => new CarriedLabels(new LabelFiles(folder), () => now);
      const processes = [start(), start()];
      const started = [0, 0];
      const past: { at: number; owner: string; session: string | undefined; process: number; label: string }[] = [];
      const resets: { at: number; owner: string; label: string }[] = [];
      for (const one of events) {
        now += MINUTE;
        if (one.do === 'wait') now += one.minutes * MINUTE;
        else if (one.do === 'restart') {
          processes[one.process] = start();
          started[one.process] = now;
        } else if (one.do === 'reset') {
          const files = new LabelFiles(folder);
          for (const { path, kept } of files.all()) {
            if (kept.caller === one.owner && kept.label === one.label) files.reset(path, kept, now);
          }
          resets.push({ ...one, at: now });
          now += 1;
        } else {
          const { owner, session, label, process } = one;
          processes[process]?.touch(carrier({ owner, caller: owner, session }), [label], by);
          past.push({ at: now, owner, session, process, label });
        }
      }
      now += MINUTE;
      for (const owner of ['a', 'b']) {
        for (const session of [undefined, 's1', 's2']) {
          for (const process of [0, 1]) {
            for (const label of ['x', 'y']) {
              const expected = past.some(
                (one) =>
                  one.owner === owner &&
                  one.label === label &&
                  !resets.some((reset) => reset.owner === owner && reset.label === label && reset.at > one.at) &&
                  (now - one.at < window * MINUTE + 10_000 ||
                    (session !== undefined &&
                      one.session === session &&
                      one.process === process &&
                      one.at > (started[process] ?? 0))),
              );
              const found = processes[process]?.touchedBy(
                carrier({ owner, caller: owner, session }),
                label,
                window * MINUTE,
              );
              expect(found !== undefined, `${owner} ${session} ${process} ${label}`).toBe(expected);
            }
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

it('writes one small file for each label, however often it is touched', () => {
  const folder = newFolder();
  let now = Date.now();
  const carried = new CarriedLabels(new LabelFiles(folder), () => now);
  for (let n = 0; n < 50; n++) {
    now += MINUTE;
    carried.touch(carrier(), ['private', 'untrusted'], by);
  }
  const [holder = ''] = readdirSync(folder);
  expect(readdirSync(join(folder, holder)).sort()).toEqual(['private.json', 'untrusted.json']);
});

it('what cannot be read is carried, and what cannot be written is not forwarded', () => {
  const folder = newFolder();
  const carried = new CarriedLabels(new LabelFiles(folder));
  carried.touch(carrier({ session: undefined }), ['private'], by);
  const [holder = ''] = readdirSync(folder);
  writeFileSync(join(folder, holder, 'private.json'), '{"touched":');
  const other = new CarriedLabels(new LabelFiles(folder));
  expect(other.touchedBy(carrier({ session: undefined }), 'private', 1)).toMatchObject({ server: '' });
  const nowhere = new CarriedLabels(new LabelFiles('/dev/null/flow'));
  expect(() => nowhere.touch(carrier(), ['private'], by)).toThrow(
    expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }),
  );
});

it.each(['{"touched":', '', 'null', '{}', '7', '{"touched":{"at":"now"},"resetAt":0}'])(
  'a file with %j, as a power cut leaves it, is carried until it is taken back, and written anew by the next call',
  (content) => {
    const folder = newFolder();
    const mine = carrier({ session: undefined });
    const files = new LabelFiles(folder);
    const carried = new CarriedLabels(files);
    carried.touch(mine, ['private'], by);
    const path = files.all()[0]?.path ?? '';
    const cut = (): void => writeFileSync(path, content);
    cut();
    expect(carried.touchedBy(mine, 'private', 1)).toMatchObject({ server: '' });
    expect(files.all()).toMatchObject([{ path, kept: { caller: 'unknown', label: 'private' } }]);
    carried.touch(mine, ['private'], by);
    expect(carried.touchedBy(mine, 'private', 1)).toMatchObject(by);
    cut();
    for (const { kept } of files.all()) files.reset(path, kept, Date.now());
    expect(carried.touchedBy(mine, 'private', 1)).toBeUndefined();
  },
);

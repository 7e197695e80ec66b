/**
 * The labels that callers carry, as files of one folder that all processes of this account share: a folder for each caller, and in it a file for each
 * label, with what touched it last. A file is replaced whole, so nothing waits for a lock and nothing grows.
 */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { makeFolder } from '../../shared/make-folder.ts';
import { systemCode } from '../../shared/system-code.ts';

/** The cause for which a label is carried. */
export interface Touched {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly server: string;
  /** Name of the tool or prompt, or URI of the resource; null for the server as such. */
  readonly name: string | null;
}

/** One that carries labels: everybody who may have told each other what they read. */
export interface Holder {
  /** Path of the rules file: others have other labels of the same names. */
  readonly rules: string;
  readonly owner: string;
  /** Undefined for all agents of the owner that nothing but a claim tells apart. */
  readonly agent: string | undefined;
  /** The caller, as the audit names it. */
  readonly caller: string;
}

/** A label in its file. */
export interface KeptLabel {
  readonly rules: string;
  readonly caller: string;
  readonly agent: string | null;
  readonly label: string;
  /** Null where it was taken back since. */
  readonly touched: Touched | null;
  /** Milliseconds since 1970 at which it was taken back last; 0 for never. */
  readonly resetAt: number;
}

/** Milliseconds for which files are kept, longer than any window. */
const KEPT_MS = 31 * 24 * 3_600_000;
const SUFFIX = '.json';

/** The folder of labels. */
export function flowFolder(cacheDir: string): string {
  return join(cacheDir, 'flow');
}

/** A label that is kept, and where. */
export interface PlacedLabel {
  readonly path: string;
  readonly kept: KeptLabel;
}

/** The place of labels that all processes of a gateway share: files, or a store. */
export interface LabelPlace {
  /** @returns undefined where there is none. @throws where that cannot be known; SyntaxError where it was cut off, or is something else */
  read(holder: Holder, label: string): KeptLabel | undefined;
  /** @throws where it cannot be written, as the promise does */
  write(holder: Holder, label: string, touched: Touched, resetAt: number): Promise<void> | undefined;
  /** Looks what others wrote; undefined where `read` does. Never rejects: `read` tells. */
  refresh?(holder: Holder): Promise<void>;
  /** All labels that are kept. What cannot be read is carried, and by nobody knows whom. */
  all(): readonly PlacedLabel[] | Promise<readonly PlacedLabel[]>;
  /** Takes a label back. @throws where it cannot be written, as the promise does */
  reset(path: string, kept: KeptLabel, at: number): Promise<void> | undefined;
}

export class LabelFiles implements LabelPlace {
  readonly #folder: string;
  #isSwept = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(holder: Holder, label: string): KeptLabel | undefined {
    return readFile(join(this.#folder, nameOf(holder), label + SUFFIX));
  }

  write(holder: Holder, label: string, touched: Touched, resetAt: number): undefined {
    const { rules, caller, agent = null } = holder;
    const folder = join(this.#folder, nameOf(holder));
    makeFolder(folder);
    writeFile(join(folder, label + SUFFIX), { rules, caller, agent, label, touched, resetAt });
    if (!this.#isSwept) this.#sweep();
  }

  all(): readonly PlacedLabel[] {
    return this.#paths().flatMap((path) => {
      try {
        const kept = readFile(path);
        return kept === undefined ? [] : [{ path, kept }];
      } catch {
        const at = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
        return at === undefined ? [] : [{ path, kept: unreadable(basename(path, SUFFIX), at) }];
      }
    });
  }

  reset(path: string, kept: KeptLabel, at: number): undefined {
    writeFile(path, { ...kept, touched: null, resetAt: at });
  }

  #paths(): readonly string[] {
    return namesIn(this.#folder).flatMap((holder) =>
      namesIn(join(this.#folder, holder))
        .filter((name) => name.endsWith(SUFFIX))
        .map((name) => join(this.#folder, holder, name)),
    );
  }

  /** Removes what no rule can ask for any more, as far as that can be done: others may do the same. */
  #sweep(): void {
    this.#isSwept = true;
    for (const path of this.#paths()) {
      const isOld = (fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < Date.now() - KEPT_MS;
      if (isOld) fs.rmSync(path, { force: true });
    }
  }
}

function nameOf({ rules, owner, agent }: Holder): string {
  const text = JSON.stringify([rules, owner, agent ?? null]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function readFile(path: string): KeptLabel | undefined {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const kept: unknown = JSON.parse(text);
  if (isKeptLabel(kept)) return kept;
  throw new SyntaxError('It is no label.');
}

function isKeptLabel(value: unknown): value is KeptLabel {
  if (typeof value !== 'object' || value === null) return false;
  const { touched, resetAt } = value as Readonly<Record<string, unknown>>;
  if (typeof resetAt !== 'number' || typeof touched !== 'object') return false;
  return touched === null || typeof (touched as Readonly<Record<string, unknown>>)['at'] === 'number';
}

/** A label in a file that says no more than its name. */
export function unreadable(label: string, at: number): KeptLabel {
  return { rules: '', caller: 'unknown', agent: null, label, touched: { at, server: '', name: null }, resetAt: 0 };
}

function writeFile(path: string, kept: KeptLabel): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  fs.writeFileSync(draft, JSON.stringify(kept), { mode: 0o600 });
  fs.renameSync(draft, path);
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

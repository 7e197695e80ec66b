/** Findings in one entry of the servers file: errors, warnings, and values that are secret. */
import type { TextPlace } from './file-text.ts';
import type { ConfigDocument, ConfigPath } from './json-document.ts';
import { quote } from './quote-name.ts';
import type { BrokenServer, Problem } from './snapshot.ts';

/** A value that a variable stood for. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** The errors and warnings of one entry, and the secrets in it. */
export class EntryFindings {
  readonly problems: Problem[] = [];
  readonly values: NamedValue[] = [];
  /** Of the server, as far as it was read. */
  description: string | undefined;
  readonly #name: string;
  readonly #path: ConfigPath;
  readonly #document: ConfigDocument;
  readonly #reasons: string[] = [];
  readonly #fixes: string[] = [];

  constructor(name: string, path: ConfigPath, document: ConfigDocument) {
    this.#name = name;
    this.#path = path;
    this.#document = document;
  }

  get haveErrors(): boolean {
    return this.#reasons.length > 0;
  }

  /** @param at the field, from the entry on; empty for the entry itself. */
  warn(at: ConfigPath, message: string, fix: string, target: 'key' | 'value' = 'value'): void {
    const { what, place } = this.#subject(at, target);
    const text = `Server ${quote(this.#name)}: ${what}${message}`;
    this.problems.push({ severity: 'warning', file: this.#document.file, ...place, message: text, fix });
  }

  /** The server is off. @param at as `warn` */
  error(at: ConfigPath, message: string, fix: string, target: 'key' | 'value' = 'value'): void {
    const { what, place } = this.#subject(at, target);
    const text = `Server ${quote(this.#name)} is off: ${what}${message}`;
    const { file } = this.#document;
    this.problems.push({ severity: 'error', file, ...place, serverOff: true, message: text, fix });
    this.#reasons.push(`${what}${message}`);
    this.#fixes.push(`${fix}.`);
  }

  broken(): BrokenServer {
    const { description } = this;
    return { name: this.#name, description, reason: this.#reasons.join('; '), fix: this.#fixes.join(' ') };
  }

  #subject(at: ConfigPath, target: 'key' | 'value'): { readonly what: string; readonly place: TextPlace } {
    const place = this.#document.place([...this.#path, ...at], at.length === 0 ? 'key' : target);
    return { what: at.length === 0 ? '' : `${fieldName(at)} `, place };
  }
}

/** `"args[1]"`, `"env.API_KEY"`: how a person would point at it. */
function fieldName(at: ConfigPath): string {
  const text = at.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`));
  return quote(text.join(''));
}

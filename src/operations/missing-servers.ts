/** Reasons why something of a server is missing among that of others: whether it is worth while to ask again in a moment. */
import { GatewayError } from '../shared/errors.ts';

type Absence = 'starting' | 'sign_in_needed' | 'unavailable';

export function absenceOf(error: unknown): Absence {
  const code = error instanceof GatewayError ? error.code : undefined;
  if (code === 'TIMEOUT') return 'starting';
  return code === 'AUTH_REQUIRED' ? 'sign_in_needed' : 'unavailable';
}

/** Names of servers, by why each is missing. */
export class Absent {
  readonly #names = new Map<Absence, string[]>();
  readonly #most: number;
  size = 0;

  /** @param most names that are kept */
  constructor(most = 100) {
    this.#most = most;
  }

  add(server: string, why: Absence): void {
    if (++this.size > this.#most) return;
    this.#names.set(why, [...(this.#names.get(why) ?? []), server]);
  }

  /** JSON text of an object. */
  get text(): string {
    return JSON.stringify(Object.fromEntries(this.#names));
  }
}

/**
 * Questions, answers and lasting permissions at the store of several gateways, sealed: the store can neither read one nor put one in the
 * place of another. What may happen once is one step.
 *
 *     questions   P.B.ID -> question   P names the owner, B everything that the question is bound to
 *     answers     ID -> answer
 *     grant P.G   a lasting permission; G names everything that it is bound to
 */
import { seal, unseal } from '../config/encryption.ts';
import { GatewayError } from '../shared/errors.ts';
import { keyName, type SharedStore, type StoreScript, StoreUnreachable, storeScript } from '../store/shared-store.ts';
import { type Answer, type Bound, bindingOf, type Question } from './question.ts';
import { isAlive, isWithin, type QuestionListing, type Questions } from './questions.ts';

const HASHES = ['questions', 'answers'] as const;
/** Milliseconds after the last change for which questions and answers are kept: longer than any question waits. */
const KEPT_MS = 31 * 24 * 3_600_000;
const TRIES = 10;

const ALL = storeScript("return { redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]) }");
const NAMES = storeScript("return { redis.call('HKEYS', KEYS[1]), redis.call('HKEYS', KEYS[2]) }");
/** ARGV: owner, owner and binding, most questions of the owner, name, question, milliseconds; names of questions under the binding that are over. */
const ADD = storeScript(`
local over, count = {}, 0
for i = 7, #ARGV do over[ARGV[i]] = true end
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if name:sub(1, #ARGV[2]) == ARGV[2] and not over[name] then return 'other' end
  if name:sub(1, #ARGV[1]) == ARGV[1] then count = count + 1 end
end
if count >= tonumber(ARGV[3]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[4], ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return 'added'`);
const ANSWER = storeScript(`
local isFirst = redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return isFirst`);
const USE = storeScript(`
if redis.call('HDEL', KEYS[2], ARGV[2]) == 0 then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
return 1`);
const WITHDRAW = storeScript(`
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[2])
return 1`);
const GRANT = storeScript("return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])");
const GRANTED = storeScript("return redis.call('GET', KEYS[1])");

interface Kept {
  readonly name: string;
  /** Undefined for one that was not sealed here, or not under this name. */
  readonly question: Question | undefined;
  readonly answer: Answer | undefined;
}

export class StoreQuestions implements Questions {
  readonly #store: SharedStore;
  readonly #keys: readonly Uint8Array[];

  /** @param keys the first seals, all open */
  constructor(store: SharedStore, keys: readonly Uint8Array[]) {
    this.#store = store;
    this.#keys = keys;
  }

  async findOrAdd(
    bound: Bound,
    most: number,
    make: () => Question,
  ): Promise<{ readonly question: Question; readonly isNew: boolean } | undefined> {
    const owner = `${keyName(bound.owner)}.`;
    const prefix = `${owner}${bindingOf(bound)}.`;
    const question = make();
    const name = prefix + question.id;
    for (let tries = 0; tries < TRIES; tries++) {
      const same = (await this.#all()).filter((kept) => kept.name.startsWith(prefix));
      const alive = same.find((kept) => kept.question !== undefined && isAlive(kept.question, kept.answer));
      if (alive?.question !== undefined) return { question: alive.question, isNew: false };
      const values = [owner, prefix, most, name, this.#seal(question, name), KEPT_MS, ...same.map((kept) => kept.name)];
      const outcome = await this.#run(ADD, HASHES, values);
      if (outcome === 'added') return { question, isNew: true };
      if (outcome === 'full') return undefined;
    }
    throw unreachable();
  }

  async find(id: string): Promise<Question | undefined> {
    return (await this.#all()).find(({ question }) => question?.id === id)?.question;
  }

  async questions(): Promise<readonly Question[]> {
    const now = Date.now();
    return (await this.#all())
      .flatMap(({ question }) => question ?? [])
      .filter(({ expiresAt }) => expiresAt > now)
      .sort((one, other) => one.askedAt - other.askedAt);
  }

  async answerTo(id: string): Promise<Answer | undefined> {
    return (await this.#all()).find(({ question }) => question?.id === id)?.answer;
  }

  async answer(answer: Answer): Promise<boolean> {
    return (await this.#run(ANSWER, HASHES, [answer.id, this.#seal(answer, answer.id), KEPT_MS])) === 1;
  }

  async use({ id, bound }: Question): Promise<boolean> {
    return (await this.#run(USE, HASHES, [nameOf(bound, id), id])) === 1;
  }

  async withdraw({ id, bound }: Question): Promise<boolean> {
    return (await this.#run(WITHDRAW, HASHES, [nameOf(bound, id), id])) === 1;
  }

  async grant(owner: string, binding: string, expiresAt: number): Promise<void> {
    const name = keyName('grant', owner, binding);
    const grantedAt = Date.now();
    await this.#run(GRANT, [name], [this.#seal({ expiresAt, grantedAt }, name), Math.max(1, expiresAt - grantedAt)]);
  }

  async isGranted(owner: string, binding: string): Promise<boolean> {
    const name = keyName('grant', owner, binding);
    const sealed = await this.#run(GRANTED, [name], []);
    const grant = this.#unseal(sealed, name) as { expiresAt?: unknown; grantedAt?: unknown } | undefined;
    return isWithin(grant?.grantedAt, grant?.expiresAt);
  }

  async sweep(): Promise<readonly Question[]> {
    const unanswered: Question[] = [];
    for (const { name, question, answer } of await this.#all()) {
      if (question !== undefined && isAlive(question, answer)) continue;
      const id = name.slice(name.lastIndexOf('.') + 1);
      const isFirst = (await this.#run(WITHDRAW, HASHES, [name, id])) === 1;
      if (isFirst && question !== undefined && answer === undefined) unanswered.push(question);
    }
    return unanswered;
  }

  async listing(): Promise<QuestionListing> {
    const [questions, answers] = (await this.#run(NAMES, HASHES, [])) as readonly (readonly string[])[];
    const names = new Set([
      ...(questions ?? []).map((name) => `${name.slice(name.lastIndexOf('.') + 1)}.question`),
      ...(answers ?? []).map((id) => `${id}.answer`),
    ]);
    return { has: (id, what) => names.has(`${id}.${what}`) };
  }

  /** Nothing says so at once: whoever waits looks now and then. */
  watch(): () => void {
    return () => undefined;
  }

  async #all(): Promise<readonly Kept[]> {
    const [questions, answers] = (await this.#run(ALL, HASHES, [])) as readonly (readonly string[])[];
    const given = new Map(pairs(answers));
    return pairs(questions).map(([name, sealed]) => {
      const question = this.#unseal(sealed, name) as Question | undefined;
      const id = question?.id ?? '';
      const answer = this.#unseal(given.get(id), id) as Answer | undefined;
      return { name, question, answer: answer?.id === id ? answer : undefined };
    });
  }

  /** @throws GatewayError STORE_UNAVAILABLE */
  async #run(script: StoreScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#store.run(script, keys, values);
    } catch (error) {
      throw error instanceof StoreUnreachable ? unreachable() : error;
    }
  }

  #seal(value: object, name: string): string {
    return seal(this.#keys[0] as Uint8Array, JSON.stringify(value), `question ${name}`);
  }

  #unseal(sealed: unknown, name: string): unknown {
    if (typeof sealed !== 'string') return undefined;
    for (const key of this.#keys) {
      const text = unseal(key, sealed, `question ${name}`);
      if (text !== undefined) return JSON.parse(text);
    }
    return undefined;
  }
}

function nameOf(bound: Bound, id: string): string {
  return `${keyName(bound.owner)}.${bindingOf(bound)}.${id}`;
}

/** The names and values of a hash, which follow each other. */
function pairs(flat: readonly string[] = []): readonly (readonly [string, string])[] {
  return Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n] ?? '', flat[2 * n + 1] ?? ''] as const);
}

function unreachable(): GatewayError {
  return new GatewayError(
    'STORE_UNAVAILABLE',
    'This call needs the approval of a person, and the store of questions cannot be reached. Nothing was executed: try again later.',
  );
}

/** Conversations that wait for their caller to come back, under handles that nobody else can use. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ByteBudget } from '../shared/byte-budget.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Conversation } from './conversation.ts';

/** The beginning of the handles of gateways; the states of servers are relayed as they are. */
export const PREFIX = 'amgp1.';
/** Milliseconds a caller has for its answers. */
const EXPIRY_MS = 600_000;
const MAX_PARKED = 1_000;
const MAX_PER_OWNER = 100;

export interface ParkedConversations {
  /**
   * Keeps a conversation until it is taken or expires, or whoever is about to get the handle leaves.
   * @returns a handle: single use, authenticated, bound to owner, call and expiry.
   * @throws GatewayError RATE_LIMITED when too many wait; the conversation is ended then.
   */
  park(conversation: Conversation, claim: Claim): string;
  isHandle(state: string): boolean;
  /** @returns undefined for a handle that is unknown, used, expired or somebody else's; `elsewhere` for one of another gateway with the same key. */
  take(handle: string, ownerAndAgent: string, call: string): Conversation | 'elsewhere' | undefined;
  /** Ends those that the configuration no longer permits. */
  review(): void;
  /** Ends all. */
  clear(): void;
  readonly size: number;
}

export interface Claim {
  /** The only owner and agent that may take it. */
  readonly ownerAndAgent: string;
  /** Digest of the request that may resume it. */
  readonly call: string;
  /** The owner whose memory it takes, and how many bytes. */
  readonly owner: string;
  readonly bytes: number;
  readonly permitted: () => boolean;
  /** Of the request that is answered with the handle. */
  readonly signal: CancelSignal;
}

interface Parked extends Pick<Claim, 'ownerAndAgent' | 'permitted'> {
  readonly conversation: Conversation;
  readonly timer: NodeJS.Timeout;
  /** Gives its bytes back. */
  readonly release: () => void;
}

interface ParkingOptions {
  /** The part of its handles after the prefix. */
  readonly tag?: string | undefined;
  /** Part of all limits that is this one's, from 0 to 1. */
  readonly share?: number | undefined;
  /** The memory that they count for. */
  readonly budget?: Pick<ByteBudget, 'of'> | undefined;
  /** Keys of handles, the first for new ones: those of several gateways know each other's. Empty for one of its own. */
  readonly keys?: readonly Uint8Array[] | undefined;
  /** Names this gateway in its handles: 12 hex digits. */
  readonly gatewayId?: string | undefined;
}

export function createParkedConversations({
  tag = '',
  share = 1,
  budget = new ByteBudget(),
  keys: given = [],
  gatewayId = randomBytes(6).toString('hex'),
}: ParkingOptions = {}): ParkedConversations {
  const prefix = PREFIX + tag;
  const maxParked = Math.max(1, Math.floor(MAX_PARKED * share));
  const maxPerOwner = Math.max(1, Math.floor(MAX_PER_OWNER * share));
  const keys = given.length > 0 ? given : [randomBytes(32)];
  const parked = new Map<string, Parked>();

  const takeOut = (id: string): Parked | undefined => {
    const entry = parked.get(id);
    if (entry === undefined) return undefined;
    parked.delete(id);
    clearTimeout(entry.timer);
    entry.release();
    return entry;
  };
  const end = (id: string, message: string): void =>
    takeOut(id)?.conversation.abort(new GatewayError('CANCELLED', message));

  const countOf = (ownerAndAgent: string): number => {
    let count = 0;
    for (const entry of parked.values()) if (entry.ownerAndAgent === ownerAndAgent) count++;
    return count;
  };

  return {
    park(conversation, { ownerAndAgent, call, owner, bytes, permitted, signal }) {
      const account = budget.of(owner);
      const isFull = parked.size >= maxParked || countOf(ownerAndAgent) >= maxPerOwner;
      const request = isFull ? undefined : account.hold(bytes);
      if (request === undefined) {
        const full = new GatewayError(
          'RATE_LIMITED',
          'Too many calls wait for input: answer those first, or try again later.',
        );
        conversation.abort(full);
        throw full;
      }
      const id = gatewayId + randomBytes(16).toString('hex');
      const timer = setTimeout(() => end(id, 'Nobody answered in time.'), EXPIRY_MS).unref();
      let answer: (() => void) | undefined;
      const release = (): void => {
        request();
        answer?.();
      };
      parked.set(id, { conversation, ownerAndAgent, permitted, timer, release });
      // The server may end the call while nobody is there to take its answer.
      conversation.whenOver((length) => {
        if (!parked.has(id)) return;
        answer = account.hold(length);
        if (answer === undefined) end(id, 'There was no room for its answer.');
      });
      signal.addEventListener('abort', () => end(id, 'Its caller is gone.'), { once: true });
      return prefix + seal(keys[0] as Uint8Array, id, bindingOf(ownerAndAgent, call));
    },
    isHandle: (state) => state.startsWith(PREFIX),
    take(handle, ownerAndAgent, call) {
      const binding = bindingOf(ownerAndAgent, call);
      const sealed = handle.slice(handle.lastIndexOf('.') + 1);
      const id = firstOf(keys, (key) => unseal(key, sealed, binding));
      if (id === undefined) return undefined;
      return id.startsWith(gatewayId) ? takeOut(id)?.conversation : 'elsewhere';
    },
    review() {
      for (const [id, entry] of parked) if (!entry.permitted()) end(id, 'The rules no longer permit this call.');
    },
    clear() {
      for (const id of parked.keys()) end(id, 'The gateway is shutting down.');
    },
    get size() {
      return parked.size;
    },
  };
}

function bindingOf(ownerAndAgent: string, call: string): Buffer {
  return Buffer.from(JSON.stringify([ownerAndAgent, call]));
}

function firstOf<K, T>(all: readonly K[], find: (one: K) => T | undefined): T | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** AES-256-GCM; what it is bound to is authenticated with it. */
function seal(key: Uint8Array, id: string, binding: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(binding);
  const sealed = Buffer.concat([iv, cipher.update(id, 'hex'), cipher.final(), cipher.getAuthTag()]);
  return sealed.toString('base64url');
}

function unseal(key: Uint8Array, text: string, binding: Buffer): string | undefined {
  const sealed = Buffer.from(text, 'base64url');
  if (sealed.length !== 12 + 22 + 16) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(binding);
    decipher.setAuthTag(sealed.subarray(34));
    return Buffer.concat([decipher.update(sealed.subarray(12, 34)), decipher.final()]).toString('hex');
  } catch {
    return undefined;
  }
}

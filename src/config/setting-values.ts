/** Parses single settings. Each throws GatewayError USAGE with the name of the setting and what is accepted. */

import { availableParallelism } from 'node:os';
import { GatewayError } from '../shared/errors.ts';
import { parseUrl } from '../shared/parse-url.ts';
import { quote } from './quote-name.ts';
import type { VariableName } from './setting-variables.ts';
import type { Environment } from './substitute.ts';

/** A value, and the flag or variable it came from. */
export interface SettingSource {
  readonly value: string;
  readonly name: string;
}

function usage({ name, value }: SettingSource, accepted: string): GatewayError {
  return new GatewayError('USAGE', `${name} takes ${accepted}, not ${quote(value)}.`);
}

/** One of a few words. */
export function oneOf<T extends string>(source: SettingSource | undefined, accepted: readonly T[]): T | undefined {
  if (source === undefined) return undefined;
  const found = accepted.find((word) => word === source.value);
  if (found === undefined) throw usage(source, accepted.join(' or '));
  return found;
}

/** A TCP port; 0 lets the system choose. */
export function port(source: SettingSource | undefined): number | undefined {
  if (source === undefined) return undefined;
  const number = Number(source.value);
  if (!/^\d{1,5}$/.test(source.value) || number > 65535) throw usage(source, 'a port from 0 to 65535');
  return number;
}

/** The largest number of workers; more than any machine has use for. */
const MAX_WORKERS = 64;

/** A number of processes; `auto` is one for each core that this process may use. */
export function workers(source: SettingSource | undefined): number | undefined {
  if (source === undefined) return undefined;
  if (source.value === 'auto') return Math.min(MAX_WORKERS, availableParallelism());
  const number = Number(source.value);
  if (!/^\d{1,3}$/.test(source.value) || number < 1 || number > MAX_WORKERS) {
    throw usage(source, `a number from 1 to ${MAX_WORKERS}, or auto`);
  }
  return number;
}

const MIN_MESSAGE = 64 * 1024;
const MAX_MESSAGE = 64 * 1024 * 1024;

/** Bytes that one message may have. */
export function messageBytes(source: SettingSource | undefined): number | undefined {
  if (source === undefined) return undefined;
  const number = Number(source.value);
  if (!/^\d{1,8}$/.test(source.value) || number < MIN_MESSAGE || number > MAX_MESSAGE) {
    throw usage(source, `a number of bytes from ${MIN_MESSAGE} to ${MAX_MESSAGE}`);
  }
  return number;
}

const HOUR_MS = 3_600_000;
const LONGEST_HOURS = 87_600;

/** A number of hours, in milliseconds. */
export function hours(source: SettingSource | undefined): number | undefined {
  if (source === undefined) return undefined;
  const number = Number(source.value);
  if (!/^\d{1,5}(?:\.\d{1,3})?$/.test(source.value) || number > LONGEST_HOURS) {
    throw usage(source, `a number of hours from 0 to ${LONGEST_HOURS}`);
  }
  return number * HOUR_MS;
}

/** Seconds of at most a day, in milliseconds. */
export function seconds(source: SettingSource | undefined): number | undefined {
  if (source === undefined) return undefined;
  const number = Number(source.value);
  if (!/^\d{1,5}$/.test(source.value) || number < 1 || number > DAY_SECONDS) {
    throw usage(source, `a number of seconds from 1 to ${DAY_SECONDS}`);
  }
  return number * 1000;
}

const DAY_SECONDS = 86_400;

const MIN_AUDIT = 1024 * 1024;
const MAX_AUDIT = 1024 ** 4;

/** Bytes that an audit log may have with its rotated files. */
export function auditBytes(source: SettingSource | undefined): number | undefined {
  if (source === undefined) return undefined;
  const number = Number(source.value);
  if (!/^\d{1,13}$/.test(source.value) || number < MIN_AUDIT || number > MAX_AUDIT) {
    throw usage(source, `a number of bytes from ${MIN_AUDIT} to ${MAX_AUDIT}`);
  }
  return number;
}

const YES = new Set(['1', 'true', 'yes', 'on']);
const NO = new Set(['0', 'false', 'no', 'off']);

/** A variable that switches something on or off; absent and empty leave it as it is by `otherwise`. */
export function boolean(env: Environment, name: VariableName, otherwise = false): boolean {
  const value = env[name] ?? '';
  if (value === '') return otherwise;
  const word = value.trim().toLowerCase();
  if (!YES.has(word) && !NO.has(word)) throw usage({ value, name }, '1 or 0 (true or false, yes or no, on or off)');
  return YES.has(word);
}

/** An agent id. */
export function agentId(source: SettingSource | undefined): string | undefined {
  if (source !== undefined && !/^[A-Za-z0-9_.-]+$/.test(source.value)) {
    throw usage(source, 'an agent id of letters, digits, "_", "." and "-"');
  }
  return source?.value;
}

/** A key of 32 bytes, written in base64 or hex. The error does not repeat it. */
export function secretKey(source: SettingSource | undefined): Uint8Array | undefined {
  if (source === undefined) return undefined;
  const { name, value } = source;
  const text = value.trim();
  const hex = /^[0-9a-f]{64}$/i.test(text);
  const bytes = Buffer.from(text, hex ? 'hex' : 'base64');
  if (bytes.length === 32 && (hex || /^[A-Za-z0-9+/_-]+=?$/.test(text))) return bytes;
  throw new GatewayError(
    'USAGE',
    `${name} takes 32 random bytes in base64 or hex: "openssl rand -base64 32" makes them.`,
  );
}

/** Keys with commas between. The error does not repeat them. */
export function secretKeys(source: SettingSource | undefined): readonly Uint8Array[] {
  return list(source).flatMap((value) => secretKey({ value, name: source?.name ?? '' }) ?? []);
}

/** The address of a store; its parts are read when it is opened. The error does not repeat it: it may hold a password. */
export function storeUrl(source: SettingSource | undefined): string | undefined {
  if (source === undefined) return undefined;
  const { name, value } = source;
  if (!/^rediss?(?:\+cluster)?:\/\/[^\s/]/.test(value))
    throw new GatewayError('USAGE', `${name} takes an address such as redis://host:6379 or rediss://host:6379.`);
  // The command line of a process can be read by others.
  if (name.startsWith('-') && value.includes('@'))
    throw new GatewayError('USAGE', `${name} takes an address without a password: set GATEWAY_STORE instead.`);
  return value;
}

/** Comma-separated origins, written as browsers send them: lower case, no path, no default port. */
export function origins(source: SettingSource | undefined): readonly string[] {
  return list(source).map((item) => {
    if (item === '*') return item;
    const bare = item.endsWith('/') ? item.slice(0, -1) : item;
    const url = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/?#@]+$/.test(bare) ? parseUrl(bare) : undefined;
    if (source !== undefined && url === undefined) {
      throw usage({ ...source, value: item }, 'origins such as https://app.example.com, separated by commas');
    }
    // Schemes that browsers do not know, e.g. vscode-webview, have the origin "null" here.
    return url === undefined || url.origin === 'null' ? bare.toLowerCase() : url.origin;
  });
}

/** Comma-separated values of the Host header that are accepted besides the loopback names. */
export function hosts(source: SettingSource | undefined): readonly string[] {
  return list(source).map((item) => {
    if (source !== undefined && !/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.test(item)) {
      throw usage({ ...source, value: item }, 'host names, with a port or without, separated by commas');
    }
    return item.toLowerCase();
  });
}

/** An address that browsers reach: https, or http on loopback; without query, and without a slash at the end. */
export function publicUrl(source: SettingSource | undefined): string | undefined {
  if (source === undefined) return undefined;
  const url = parseUrl(source.value);
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url?.hostname ?? '');
  const isGood = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback);
  if (url === undefined || !isGood || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw usage(source, 'an https address, e.g. https://gateway.example.com');
  }
  return url.href.replace(/\/$/, '');
}

export function list(source: SettingSource | undefined): string[] {
  return (source?.value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** JSON documents of authorization servers as they are meant: a member that is null is not there. */
import type { GuardedFetch } from './guarded-fetch.ts';

/** The same `fetch`, whose JSON objects have no members that are null. */
export function fetchWithoutNulls(fetch: GuardedFetch): GuardedFetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    const text = response.body === null ? '' : await response.text();
    const { status, statusText, headers } = response;
    return new Response(response.body === null ? null : (cleaned(text) ?? text), { status, statusText, headers });
  };
}

/** @returns undefined where nothing is to be left out. */
function cleaned(text: string): string | undefined {
  if (!text.includes('null')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value)
      ? JSON.stringify(Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null)))
      : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

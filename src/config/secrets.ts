/** The values of a configuration that must not appear in a log, an error or the audit. */
import type { EmbeddingsDefinition, ServerDefinition, Snapshot } from './types.ts';

/** Shorter values are not replaced: `1`, `true` or `info` would tear holes into every line. */
const MIN_LENGTH = 6;

/** Variables whose value is no secret, but part of half of all paths and messages. */
const HARMLESS = new Set(
  'HOME USER LOGNAME USERNAME USERPROFILE PATH PWD SHELL TERM LANG LC_ALL TZ TMPDIR TEMP TMP NODE_ENV'.split(' '),
);

/** Secret values of a snapshot, longest first, so that a value that contains another one is replaced whole. */
export function secretsOf(snapshot: Snapshot): readonly string[] {
  return snapshot.secrets ?? [];
}

/**
 * Collects what `secretsOf` gives: values of env and headers, user and query of URLs, everything substituted, and the key of
 * the endpoint for vectors.
 */
export function collectSecrets(
  servers: Iterable<ServerDefinition>,
  substituted: Iterable<{ readonly name: string; readonly value: string }>,
  embeddings?: EmbeddingsDefinition,
): readonly string[] {
  const found = new Set<string>();
  const add = (value: string): void => {
    if (value.length >= MIN_LENGTH) found.add(value);
  };
  for (const { name, value } of substituted) if (!HARMLESS.has(name)) add(value);
  for (const { link } of servers) {
    if (link.transport === 'stdio') {
      for (const [name, value] of link.env) if (!HARMLESS.has(name)) add(value);
      continue;
    }
    for (const value of link.headers.values()) {
      add(value);
      // `Bearer <token>`: the token alone is as secret as both.
      for (const part of value.split(/\s+/).slice(1)) add(part);
    }
    for (const value of urlSecrets(link.url)) add(value);
    for (const value of [link.oauth?.clientSecret, link.oauth?.privateKey]) if (value !== undefined) add(value);
  }
  if (embeddings !== undefined) {
    add(embeddings.apiKey ?? '');
    for (const value of urlSecrets(embeddings.url)) add(value);
  }
  return [...found].sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
}

function urlSecrets(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const url = new URL(text);
  const raw = url.search.slice(1).split('&');
  const rawValues = raw.map((pair) => pair.slice(pair.indexOf('=') + 1));
  const written = [url.username, url.password, ...rawValues];
  return [...written, ...url.searchParams.values(), ...written.map(decode)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

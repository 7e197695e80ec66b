/** The values of a configuration that must not appear in a log, an error or the audit. */
import { secretsIn, secretsOfArguments, secretsOfUrl } from './secret-values.ts';
import type { EmbeddingsDefinition, ServerDefinition, Snapshot, WebhookTerms } from './snapshot.ts';

/** Secret values of a snapshot, longest first, so that a value that contains another one is replaced whole. */
export function configSecrets(snapshot: Snapshot): readonly string[] {
  return snapshot.secrets ?? [];
}

/**
 * Collects what `secretsOf` gives: what is secret in env, headers, arguments and URLs, in what was substituted, the keys of OAuth
 * clients, the key of the endpoint for vectors, and the secret of the webhook. What counts is what a value is, not where it stands: `NODE_ENV=production` is
 * no secret.
 */
export function collectSecrets(
  servers: Iterable<ServerDefinition>,
  substituted: Iterable<{ readonly name: string; readonly value: string }>,
  embeddings?: EmbeddingsDefinition,
  webhook?: WebhookTerms,
): readonly string[] {
  const found = new Set<string>();
  const add = (values: readonly string[]): void => {
    for (const value of values) if (value.trim() !== '') found.add(value);
  };
  // A value that somebody keeps as a secret is one, whatever it is called.
  for (const { name, value } of substituted) add(name.startsWith('secret:') ? [value] : secretsIn(name, value));
  for (const { link } of servers) {
    if (link.transport === 'stdio') {
      for (const [name, value] of link.env) add(secretsIn(name, value));
      add(secretsOfArguments(link.args));
      continue;
    }
    for (const [name, value] of link.headers) add(secretsIn(name, value));
    add(secretsOfUrl(link.url));
    for (const named of [link.openapi?.query, link.openapi?.cookies]) {
      for (const [name, value] of named ?? []) add(secretsIn(name, value));
    }
    const { clientSecret = '', privateKey = '', assertion, identityProvider } = link.oauth ?? {};
    const given = assertion !== undefined && 'text' in assertion ? assertion.text : '';
    add([clientSecret, privateKey, given, identityProvider?.clientSecret ?? '']);
  }
  if (embeddings !== undefined) add([embeddings.apiKey ?? '', ...secretsOfUrl(embeddings.url)]);
  if (webhook !== undefined) add([webhook.secret, ...secretsOfUrl(webhook.url)]);
  return [...found].sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
}

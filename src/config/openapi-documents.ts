/** The documents of APIs that a servers file names, with their digests: a reload notices when one changes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FileContent } from './config-files.ts';
import { parseDocument, toValue } from './json-document.ts';
import { documentPath, isWebAddress } from './openapi-entry.ts';
import { serversIn } from './other-clients.ts';
import { type Environment, substitute } from './substitute.ts';

/** @returns digests by whole path; of a file that cannot be read a word. Never rejects. */
export async function documentDigests(
  content: Extract<FileContent, { ok: true }>,
  env: Environment,
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  for (const name of namedIn(content)) {
    const { text } = substitute(name, env);
    if (isWebAddress(text)) continue;
    const path = documentPath(text, content.path);
    if (!digests.has(path)) digests.set(path, await digestOf(path));
  }
  return digests;
}

/** The documents that entries name; none for a file that cannot be parsed, which is told elsewhere. */
function namedIn(content: Extract<FileContent, { ok: true }>): readonly string[] {
  const parsed = parseDocument(content.path, content.bytes);
  const map = parsed.ok ? serversIn(parsed.document.root)?.map : undefined;
  return [...(map?.members.values() ?? [])].flatMap(({ value }) => {
    const entry = toValue(value);
    const openapi: unknown = entry instanceof Map ? entry.get('openapi') : undefined;
    const document: unknown = openapi instanceof Map ? openapi.get('document') : openapi;
    return typeof document === 'string' ? [document] : [];
  });
}

async function digestOf(path: string): Promise<string> {
  try {
    // Reading a pipe would wait for somebody to write into it.
    if (!(await stat(path)).isFile()) return 'no file';
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch {
    return 'unreadable';
  }
}

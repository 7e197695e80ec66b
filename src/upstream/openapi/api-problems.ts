/** Finds mistakes in the documents of APIs, for `validate`, in those that are files. One that has to be fetched is looked at when it is connected. */

import type { FileContent } from '../../config/config-files.ts';
import { type ConfigDocument, type ConfigPath, parseDocument, toValue } from '../../config/json-document.ts';
import { serversIn } from '../../config/other-clients.ts';
import { quote } from '../../config/quote-name.ts';
import type { HttpDefinition, Problem, ServerDefinition } from '../../config/snapshot.ts';
import { Canceller } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { compileInThread } from './compile-thread.ts';
import { ApiFault } from './document/api-fault.ts';
import { compileTerms } from './load-api.ts';
import { documentReader } from './read-document.ts';

/** @param content of the servers file. Never rejects. */
export async function apiProblems(
  servers: ReadonlyMap<string, ServerDefinition>,
  content: FileContent,
): Promise<readonly Problem[]> {
  const parsed = content.ok ? parseDocument(content.path, content.bytes) : undefined;
  if (parsed?.ok !== true) return [];
  const problems: Problem[] = [];
  for (const { name, link } of servers.values()) {
    const isFile = link.transport === 'openapi' && link.openapi?.digest !== undefined;
    if (isFile) problems.push(...(await problemsOf(name, link, parsed.document)));
  }
  return problems;
}

async function problemsOf(name: string, definition: HttpDefinition, file: ConfigDocument): Promise<readonly Problem[]> {
  const entry = [...(serversIn(file.root)?.path ?? []), name];
  const problem = (at: ConfigPath, what: string, fix: string): Problem => {
    const target = at.length === 0 ? 'key' : 'value';
    return { severity: 'warning', file: file.file, ...file.place([...entry, ...at], target), message: what, fix };
  };
  try {
    const signal = new Canceller();
    const read = documentReader({ server: name, definition, version: '', signal });
    const { notes } = await compileInThread(compileTerms(definition), read, signal);
    return notes.map(({ message, fix, at }) => {
      const field =
        at.length === 0
          ? ''
          : `"openapi.${at
              .map((step) => (typeof step === 'number' ? `[${step}]` : step))
              .join('.')
              .replaceAll('.[', '[')}" `;
      return problem(at.length === 0 ? [] : ['openapi', ...at], `Server ${quote(name)}: ${field}${message}`, fix);
    });
  } catch (error) {
    const isFault = error instanceof ApiFault;
    if (!isFault && !(error instanceof GatewayError)) throw error;
    const at = documentPlace(file, entry);
    const what = isFault ? `its OpenAPI document ${error.message}` : error.message;
    const fix = isFault ? error.fix : 'Correct the address';
    return [
      { ...problem(at, `Server ${quote(name)} cannot be used: ${what}`, fix), severity: 'error', serverOff: true },
    ];
  }
}

/** The place of the name of the document in an entry. */
function documentPlace(file: ConfigDocument, entry: ConfigPath): ConfigPath {
  let node: unknown = toValue(file.root);
  for (const key of [...entry, 'openapi']) node = node instanceof Map ? node.get(key) : undefined;
  return node instanceof Map ? ['openapi', 'document'] : ['openapi'];
}

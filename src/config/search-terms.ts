/** The terms for finding tools, as the rules say them: the endpoint for vectors with its key, and whether use is remembered. */
import { createHash } from 'node:crypto';
import type { RulesFile } from './file-schemas.ts';
import type { ConfigDocument, ConfigPath } from './json-document.ts';
import { problemAt } from './rules-file.ts';
import { isLoopback } from './settings.ts';
import type { EmbeddingsDefinition, Problem, SearchTerms } from './snapshot.ts';
import type { Environment } from './substitute.ts';

type FileSearch = NonNullable<RulesFile['search']>;
type FileEmbeddings = NonNullable<FileSearch['embeddings']>;

const DEFAULT_TIMEOUT_MS = 1000;
/** RFC 6750 section 2.1 allows less, but keys in use have other visible characters too. */
const KEY = /^[\x21-\x7e]+$/;

/**
 * A key that is not there switches off the vectors, not the gateway: words find tools without them. It is added to
 * `problems` as a warning.
 */
export function readSearch(
  search: RulesFile['search'],
  env: Environment,
  document: ConfigDocument,
  problems: Problem[],
): SearchTerms {
  const { embeddings, learn_from_use: learn = false } = search ?? {};
  const warn = (at: ConfigPath, message: string, fix: string): void => {
    const path = ['search', 'embeddings', ...at];
    problems.push(problemAt(document, 'warning', path, `${path.join('.')} ${message}`, fix));
  };
  return { embeddings: embeddings && readEmbeddings(embeddings, env, warn), learnFromUse: learn };
}

function readEmbeddings(
  file: FileEmbeddings,
  env: Environment,
  warn: (at: ConfigPath, message: string, fix: string) => void,
): EmbeddingsDefinition | undefined {
  const url = endpointOf(file.url);
  let apiKey: string | undefined;
  if (file.api_key_env !== undefined) {
    apiKey = (Object.hasOwn(env, file.api_key_env) ? env[file.api_key_env] : undefined)?.trim();
    if (apiKey === undefined || !KEY.test(apiKey)) {
      // Its name is not repeated: somebody may have written the key there.
      const wrong = apiKey === undefined || apiKey === '' ? 'is not set' : 'does not hold a key';
      warn(
        ['api_key_env'],
        `names a variable that ${wrong}; searches go on without embeddings`,
        'Set it, and start again',
      );
      return undefined;
    }
    if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
      warn(['url'], 'sends the key over a connection that anybody on the way can read', 'Use https');
    }
  }
  const { model, dimensions, query_prefix: queryPrefix = '', tool_prefix: toolPrefix = '' } = file;
  const makes = JSON.stringify([url.href, model, dimensions ?? null, toolPrefix]);
  return {
    key: createHash('sha256').update(makes).digest('hex'),
    url: url.href,
    model,
    dimensions,
    apiKey,
    timeoutMs: file.timeout_ms ?? DEFAULT_TIMEOUT_MS,
    queryPrefix,
    toolPrefix,
  };
}

/** People write the base address of the API or that of the endpoint. */
function endpointOf(text: string): URL {
  const url = new URL(text);
  url.hash = '';
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith('/embeddings') ? path : `${path}/embeddings`;
  return url;
}

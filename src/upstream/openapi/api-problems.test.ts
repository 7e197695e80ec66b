/** Every mistake that `validate` finds in an entry that is an API: with its place and what to do. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkConfig, formatProblem, readContents } from '../../config/load-snapshot.ts';
import { makeSandbox, RULES, type Sandbox } from '../../config/testing.ts';
import { apiProblems } from './api-problems.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
  await box.write(join(box.own, 'rules.json'), { agents: { dev: { allow: { servers: ['*'] } } } });
});
afterEach(() => box.remove());

const API = { openapi: '3.0.0', info: { title: 'A', version: '1' }, paths: { '/a': { get: { tags: ['pets'] } } } };
const DOCUMENT = './api.json';
const URL_OF_API = 'https://api.example/v1';

/** Everything found, a line each. */
async function found(entry: object, document: unknown = API, env: Record<string, string> = {}): Promise<string> {
  await box.write(join(box.own, 'api.json'), document);
  const servers = await box.write(
    join(box.own, 'servers.json'),
    JSON.stringify({ mcpServers: { api: entry } }, null, 2),
  );
  const file = (path: string) => ({ path, source: 'flag' as const, needsTrust: false, folder: undefined });
  const location = { servers: file(servers), rules: file(join(box.own, 'rules.json')), notes: [] };
  const contents = await readContents(location as never, box.settings(), env);
  const { snapshot, problems } = await checkConfig(contents, env);
  const more = snapshot === undefined ? [] : await apiProblems(snapshot.servers, contents.servers);
  return [...problems, ...more].map(formatProblem).join('\n');
}

it('one that is right has none', async () => {
  expect(await found({ openapi: DOCUMENT, url: URL_OF_API, headers: { 'X-Key': 'k' } })).toBe('');
  expect(await found({ openapi: `$${'{FOLDER}'}/api.json`, url: URL_OF_API }, API, { FOLDER: box.own })).toBe('');
  expect(await found({ openapi: 'https://api.example/openapi.json' })).toBe('');
});

it.each([
  [
    { openapi: './none.json' },
    API,
    /servers.json:4:18 Server "api" is off: "openapi" names a file that is not there - Correct the path/,
  ],
  [
    { openapi: { document: 'ftp://x/y' } },
    API,
    /:5:21 .* "openapi.document" is neither a path nor an http or https address/,
  ],
  [{ openapi: { documents: DOCUMENT } }, API, /"openapi.document" is missing/],
  [
    { openapi: { documents: DOCUMENT } },
    API,
    /:5:9 .*"openapi.documents" is not a known key - Did you mean "document"\?/,
  ],
  [{ openapi: DOCUMENT, command: 'x' }, API, /"command" cannot stand beside "openapi" - Keep one of them/],
  [
    { openapi: DOCUMENT, headers: { Authorization: 'x' } },
    API,
    /has headers or credentials, and does not say where the API is - Add "url"/,
  ],
  [{ openapi: DOCUMENT, oauth: {} }, API, /has headers or credentials/],
  [{ openapi: DOCUMENT, url: 'https://x/?a=1' }, API, /"url" has a query or a fragment/],
  [{ openapi: DOCUMENT, url: 'file:///etc' }, API, /"url" is not an http or https address/],
  [
    { openapi: { document: DOCUMENT, cookies: { a: 'b;c' } }, url: URL_OF_API },
    API,
    /"openapi.cookies.a" holds a character/,
  ],
  [
    { openapi: { document: DOCUMENT, include: { methods: ['GET'] } } },
    API,
    /"openapi.include.methods\[0\]" must be one of "get"/,
  ],
  [
    { openapi: DOCUMENT },
    API,
    /servers.json:4:18 Server "api" cannot be used: its OpenAPI document does not say where the API is - Add "url"/,
  ],
  [{ openapi: DOCUMENT, url: URL_OF_API }, '<html>', /is no OpenAPI document/],
  [
    { openapi: DOCUMENT, url: URL_OF_API },
    { swagger: '2.0' },
    /is of OpenAPI "2.0"; only 3.0 and 3.1 are read - Convert it/,
  ],
  [
    { openapi: { document: DOCUMENT, include: { tags: ['cats'] } }, url: URL_OF_API },
    API,
    /:5:21 .*has no operation that "include" and "exclude" leave/,
  ],
  [
    { openapi: { document: DOCUMENT, include: { tags: ['pets', 'pet'] } }, url: URL_OF_API },
    API,
    /:9:13 Server "api": "openapi.include.tags\[1\]" is no tag of an operation - Did you mean "pets"\?/,
  ],
  [
    { openapi: DOCUMENT, url: URL_OF_API },
    { ...API, paths: { '/a': { $ref: 'https://evil.example/a.json' } } },
    /refers to "https:\/\/evil.example\/a.json", which is outside of it - Bundle it/,
  ],
])('%j: %j', async (entry, document, message) => {
  expect(await found(entry, document)).toMatch(message);
});

it('another document is another key: its connections are made anew', async () => {
  await box.write(join(box.own, 'api.json'), API);
  const keyOf = async (): Promise<string | undefined> => {
    const servers = await box.write(join(box.own, 'servers.json'), {
      mcpServers: { api: { openapi: DOCUMENT, url: URL_OF_API } },
    });
    const file = (path: string) => ({ path, source: 'flag' as const, needsTrust: false, folder: undefined });
    const location = {
      servers: file(servers),
      rules: file(await box.write(join(box.own, 'rules.json'), RULES)),
      notes: [],
    };
    const { snapshot } = await checkConfig(await readContents(location as never, box.settings()), {});
    return snapshot?.servers.get('api')?.key;
  };
  const before = await keyOf();
  expect(await keyOf()).toBe(before);
  writeFileSync(join(box.own, 'api.json'), `${JSON.stringify(API)} `);
  expect(await keyOf()).not.toBe(before);
});

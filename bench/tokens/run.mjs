/**
 * What the ways to use tools cost in tokens (o200k): `npm run bench:tokens [-- --json]`. Asks real servers for their tools;
 * more than six servers are copies of theirs under other names.
 */
import process from 'node:process';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { load } from '../bundle.mjs';
import { contextOf } from './context.mjs';
import { realServers } from './servers.mjs';
import { answerOf, returned, STEPS } from './steps.mjs';
import { TASKS } from './tasks.mjs';

const { readToolsPage, renderTool, estimateTokens, definitionsShown, gatewayTools } =
  await load('bench/tokens/gateway.ts');

const SIZES = [1, 5, 20, 100];
const json = process.argv.includes('--json');
const tokens = (text) => encode(text).length;
const sum = (values) => values.reduce((total, value) => total + value, 0);

const servers = (await realServers()).map((server) => ({
  ...server,
  entries: readToolsPage(server.tools, false).tools,
}));

const details = servers.map(({ name, version, entries }) => {
  const cost = (detail) => tokens(`[${entries.map((entry) => renderTool(entry, detail)).join(',')}]`);
  const full = cost('full');
  const brief = cost('brief');
  const text = entries.map((entry) => renderTool(entry, 'full')).join(',');
  const whole = entries.filter((entry) => renderTool(entry, 'brief').startsWith('{')).length;
  return {
    server: `${name} ${version}`,
    tools: entries.length,
    full,
    brief,
    names: cost('names'),
    brief_share: share(brief, full),
    without_short_form: whole,
    estimate_error: share(estimateTokens(text) - tokens(text), tokens(text)),
  };
});
const all = {
  server: 'all',
  ...Object.fromEntries(
    ['tools', 'full', 'brief', 'names', 'without_short_form'].map((key) => [key, sum(details.map((row) => row[key]))]),
  ),
};
all.brief_share = share(all.brief, all.full);

const definitions = definitionsShown(gatewayTools({ debug: false }), 'one');
const own = tokens(JSON.stringify({ tools: definitions }));

const accounts = [];
for (const size of SIZES) accounts.push(await account(named(size)));

const withCode = tokens(JSON.stringify({ tools: definitionsShown(gatewayTools({ debug: false }), 'one+code') }));
const steps = [];
for (const task of STEPS) steps.push(await stepsOf(task));
const single = await codeForOne();

const breakEven = await findBreakEven();

if (json) {
  for (const row of [...details, all]) print(JSON.stringify({ kind: 'detail', ...row }));
  for (const row of accounts) print(JSON.stringify({ kind: 'task', ...row }));
  for (const row of steps) print(JSON.stringify({ kind: 'steps', ...row }));
  print(JSON.stringify({ kind: 'code_for_one_call', ...single }));
  print(JSON.stringify({ kind: 'break_even', own_tools: own, ...breakEven }));
} else {
  print('What definitions cost by level of detail (o200k tokens)');
  table([...details, all]);
  print(`\nThe gateway's own tools cost ${own} tokens.`);
  print('\nA conversation with one task: everything that enters the context, mean over the recorded tasks');
  table(accounts);
  print(
    `\nTasks of several steps over the six servers: (c) search then execute, (d) search then run_code, which costs ${withCode - own} tokens to offer`,
  );
  table(steps);
  print(
    `\nOne call: ${single.search_execute} tokens by search then execute, ${single.search_code} by search then run_code.`,
  );
  print(
    `\nBreak-even: search then execute costs less from ${breakEven.search} tools on, list, get and execute from ${breakEven.list}.`,
  );
}

/** `size` servers: the real ones, then copies under other names. */
function named(size) {
  return Array.from({ length: size }, (_, at) => {
    // The largest first would flatter the gateway: begin with the smallest lists.
    const ordered = [...servers].sort((a, b) => a.entries.length - b.entries.length);
    const server = ordered[at % ordered.length];
    const copy = Math.floor(at / ordered.length);
    return { ...server, of: server.name, name: copy === 0 ? server.name : `${server.name}-${copy + 1}` };
  });
}

async function account(configured) {
  const tasks = TASKS.filter((task) => configured.some(({ name }) => name === task.server));
  const costs = [];
  for (const task of tasks) costs.push(await costOf(configured, task));
  const mean = (key) => Math.round(sum(costs.map((cost) => cost[key])) / costs.length);
  const tools = sum(configured.map(({ entries }) => entries.length));
  return {
    servers: configured.length,
    tools,
    direct: mean('direct'),
    list_get_execute: mean('list'),
    search_execute: mean('search'),
    search_share: share(mean('search'), mean('direct')),
    found_in_first_five: `${costs.filter(({ found }) => found).length}/${costs.length}`,
  };
}

/** Tokens of one task done in each way. */
async function costOf(configured, task) {
  const call = contextOf(configured);
  const result = tokens(task.result);
  const definitionsOfAll = configured.flatMap(({ entries }) => entries.map((entry) => renderTool(entry, 'full')));
  const direct = tokens(`{"tools":[${definitionsOfAll.join(',')}]}`) + tokens(said(task.tool, task.args)) + result;
  const executed = tokens(said('execute_tool', { server: task.server, tool: task.tool, args: task.args })) + result;

  const listing = tokens(said('list_servers', {})) + tokens(await call('list_servers', {}));
  const asked = { server: task.server };
  const got = tokens(said('get_server_tools', asked)) + tokens(await call('get_server_tools', asked));

  const query = { query: task.query };
  const text = await call('search_tools', query);
  let search = tokens(said('search_tools', query)) + tokens(text);
  const found = hits(text, task, configured);
  // What was not found is looked up the long way.
  if (!found) search += listing + got;
  return { direct, list: own + listing + got + executed, search: own + search + executed, found };
}

/** The same task call by call, and as one program. */
async function stepsOf({ name, uses, calls, code }) {
  const configured = named(servers.length);
  const call = contextOf(configured);
  let searched = 0;
  for (const { query } of uses)
    searched += tokens(said('search_tools', { query })) + tokens(await call('search_tools', { query }));
  const results = calls.map(({ server, tool, args }) => {
    const answer = answerOf({ server, tool, args });
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return tokens(said('execute_tool', { server, tool, args })) + tokens(text);
  });
  const value = await returned(code);
  if (value === undefined) throw new Error(`The program for "${name}" returned nothing.`);
  const one = own + searched + sum(results);
  const program = withCode + searched + tokens(said('run_code', { code })) + tokens(JSON.stringify(value));
  return {
    task: name,
    calls: calls.length,
    search_execute: one,
    search_code: program,
    saved: share(one - program, one),
  };
}

/** A task of one call, done with a program. */
async function codeForOne() {
  const configured = named(servers.length);
  const costs = await Promise.all(TASKS.map((task) => costOf(configured, task)));
  const programs = TASKS.map(({ server, tool, args, result }, at) => {
    const executed = tokens(said('execute_tool', { server, tool, args })) + tokens(result);
    const code = `return await servers[${JSON.stringify(server)}][${JSON.stringify(tool)}](${JSON.stringify(args)})`;
    return (
      costs[at].search - own - executed + withCode + tokens(said('run_code', { code })) + tokens(JSON.stringify(result))
    );
  });
  const mean = (values) => Math.round(sum(values) / values.length);
  return { search_execute: mean(costs.map(({ search }) => search)), search_code: mean(programs) };
}

/** Whether the tool is among the results, on its server or on a copy of it. */
function hits(text, task, configured) {
  const same = new Set(configured.filter(({ of }) => of === task.server).map(({ name }) => name));
  return JSON.parse(text).tools.some(({ server, tool }) => same.has(server) && tool === task.tool);
}

function said(name, args) {
  return JSON.stringify({ name, arguments: args });
}

/** Adds tools of real lists one by one until direct exposure costs more. */
async function findBreakEven() {
  const wins = { search: undefined, list: undefined };
  const pool = named(servers.length);
  const total = sum(pool.map(({ entries }) => entries.length));
  for (let count = 1; count <= total && (wins.search === undefined || wins.list === undefined); count++) {
    let left = count;
    const some = pool.map((server) => {
      const entries = server.entries.slice(0, Math.max(0, left));
      left -= entries.length;
      return { ...server, entries };
    });
    const configured = some.filter(({ entries }) => entries.length > 0);
    const task = TASKS.find((one) =>
      configured.some(({ name, entries }) => name === one.server && entries.some((entry) => entry.name === one.tool)),
    );
    if (task === undefined) continue;
    const cost = await costOf(configured, task);
    if (cost.search < cost.direct) wins.search ??= count;
    if (cost.list < cost.direct) wins.list ??= count;
  }
  return wins;
}

function share(part, whole) {
  return `${Math.round((1000 * part) / whole) / 10} %`;
}

function table(rows) {
  const keys = Object.keys(rows[0]);
  const width = (key) => Math.max(key.length, ...rows.map((row) => String(row[key] ?? '').length)) + 2;
  print(keys.map((key) => key.padEnd(width(key))).join(''));
  for (const row of rows) print(keys.map((key) => String(row[key] ?? '').padEnd(width(key))).join(''));
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

/** Every run: what stands between the suite and the fixture, and which baseline holds. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startAdapter } from './adapter.mjs';
import { startFixture, startGateway, stdioEntry } from './processes.mjs';
import { clientSuite, extensionSuite, required, serverSuite } from './suite.mjs';

export const REVISIONS = ['2025-11-25', '2026-07-28'];
const MODERN = '2026-07-28';
const SERVER = 'fixture';

const generationOf = (revision) => (revision === MODERN ? 'modern' : 'legacy');
const other = (revision) => REVISIONS.find((candidate) => candidate !== revision);

function baselineOf(caller, server) {
  return caller === server ? 'same' : `${generationOf(caller)}-caller-${generationOf(server)}-server`;
}

/** Runs what `use` needs and stops it again, whatever happens. */
async function using(started, use) {
  const thing = await started;
  try {
    return await use(thing);
  } finally {
    await thing.stop();
  }
}

/** The yardstick: the suite against the fixture, without a gateway. */
function yardstick(revision, generation) {
  return {
    name: `fixture ${revision} ${generation}`,
    run: () => using(startFixture(generation), ({ url }) => serverSuite(url, revision, 'same')),
  };
}

/** The server's entry for the gateway: started by it, or reached over HTTP. */
function withEntry(link, generation, use, more) {
  if (link === 'stdio') return use({ ...stdioEntry(generation), ...more });
  return using(startFixture(generation), ({ url }) => use({ url }));
}

/** One server of the gateway as if it stood alone. */
function single(caller, server, link) {
  // The suite leaves questions unanswered: a 2025 program that has asked one works on for a caller without a session.
  const isAlone = link === 'stdio' && caller === MODERN && server !== MODERN;
  const baseline = isAlone ? 'modern-caller-legacy-program' : baselineOf(caller, server);
  const more = isAlone ? { sharing: 'per-call' } : {};
  const use = (entry) =>
    using(startGateway(SERVER, entry), ({ origin }) =>
      serverSuite(`${origin}/mcp/servers/${SERVER}`, caller, baseline),
    );
  return {
    name: `single ${caller} caller, ${server} server over ${link}`,
    run: () => withEntry(link, generationOf(server), use, more),
  };
}

const TASKS = [
  'tasks-lifecycle',
  'tasks-capability-negotiation',
  'tasks-wire-fields',
  'tasks-request-state-removal',
  'tasks-mrtr-input',
  'tasks-request-headers',
  'tasks-dispatch-and-envelope',
  'tasks-required-task-error',
  'tasks-mrtr-composition',
];

/** Tasks of a 2025 program that callers share: one for each call has none. */
function sharedTasks() {
  const [server, caller] = REVISIONS;
  return {
    name: `tasks, single ${caller} caller, ${server} server over stdio`,
    run: () =>
      using(startGateway(SERVER, stdioEntry('legacy')), ({ origin }) =>
        extensionSuite(`${origin}/mcp/servers/${SERVER}`, caller, TASKS, baselineOf(caller, server)),
      ),
  };
}

/** All tools under names with their server, which an adapter takes off again. */
function direct(caller, server) {
  return {
    name: `direct ${caller} caller, ${server} server`,
    run: () =>
      withEntry('http', generationOf(server), (entry) =>
        using(startGateway(SERVER, entry, ['--expose', 'direct']), ({ origin }) =>
          using(startAdapter(origin, SERVER), ({ url }) => serverSuite(url, caller, baselineOf(caller, server))),
        ),
      ),
  };
}

/** Scenarios for clients that the suite runs without scoring them. */
const UNSCORED_CLIENT = ['json-schema-2020-12-preservation'];
const driver = fileURLToPath(new URL('client.mjs', import.meta.url));

/** The scenarios about authorisation; those of extensions and of older servers come without a score. */
function signingIn(revision) {
  const unscored = revision === MODERN ? EXTENSIONS : [...EXTENSIONS, ...OLDER];
  const scenarios = [...required(revision, 'client'), ...unscored].filter((name) => name.startsWith('auth/'));
  const env = { CONFORMANCE_VIEW: 'single', CONFORMANCE_CALLER: revision };
  return {
    name: `sign-in ${revision}`,
    run: () => clientSuite(`"${process.execPath}" "${driver}"`, revision, scenarios, 'sign-in', env),
  };
}

/** Authorization servers of 2025-03-26. */
const OLDER = ['auth/2025-03-26-oauth-metadata-backcompat', 'auth/2025-03-26-oauth-endpoint-fallback'];

const EXTENSIONS = [
  'auth/client-credentials-jwt',
  'auth/client-credentials-basic',
  'auth/enterprise-managed-authorization',
  'auth/dpop',
  'auth/dpop-nonce',
  'auth/wif-jwt-bearer',
];

const SKILLS = ['sep-2640-skills-enumeration', 'sep-2640-skills-manifest', 'sep-2640-skills-directory'];
const skillsServer = fileURLToPath(new URL('../fixtures/skills.mjs', import.meta.url));

/** Skills of a server, by itself and beside those of others. */
function skills(caller, server, view) {
  const entry = { command: process.execPath, args: [skillsServer, SERVER, generationOf(server), 'clean'] };
  return {
    name: `skills, ${view} ${caller} caller, ${server} server`,
    run: () =>
      using(startGateway(SERVER, entry, view === 'direct' ? ['--expose', 'direct'] : []), ({ origin }) =>
        extensionSuite(
          view === 'direct' ? `${origin}/mcp` : `${origin}/mcp/servers/${SERVER}`,
          caller,
          SKILLS,
          view === 'direct' ? 'skills-direct' : 'same',
        ),
      ),
  };
}

/** The gateway as a host of skills, which checks what it reads. */
const SKILL_CLIENT = [
  'sep-2640-client-no-prefetch',
  'sep-2640-client-verify-digest',
  'sep-2640-client-verify-size',
  'sep-2640-client-verify-frontmatter',
];

/** The gateway as a client, for a caller of a generation; all scenarios that are not about authorisation. */
function client(revision, caller, view) {
  const unscored = view === 'single' && revision === MODERN ? [...UNSCORED_CLIENT, ...SKILL_CLIENT] : UNSCORED_CLIENT;
  const scenarios = [...required(revision, 'client'), ...unscored].filter((name) => !name.startsWith('auth/'));
  const env = { CONFORMANCE_VIEW: view, CONFORMANCE_CALLER: caller };
  const command = `"${process.execPath}" "${driver}"`;
  const baseline = view === 'single' ? (revision === caller ? 'client' : 'client-crossed') : `client-${view}`;
  return {
    name: `client ${revision} server, ${caller} caller, ${view}`,
    run: () => clientSuite(command, revision, scenarios, baseline, env),
  };
}

export const YARDSTICK = [
  yardstick('2025-11-25', 'legacy'),
  yardstick('2026-07-28', 'modern'),
  ...REVISIONS.map((revision) => yardstick(revision, 'dual')),
];

export const GATEWAY = [
  ...REVISIONS.flatMap((revision) => ['http', 'stdio'].map((link) => single(revision, revision, link))),
  ...REVISIONS.flatMap((revision) => ['http', 'stdio'].map((link) => single(revision, other(revision), link))),
  sharedTasks(),
  ...REVISIONS.map((revision) => direct(revision, revision)),
  ...REVISIONS.map((revision) => direct(revision, other(revision))),
  ...REVISIONS.flatMap((caller) => REVISIONS.map((server) => skills(caller, server, 'single'))),
  ...REVISIONS.map((caller) => skills(caller, MODERN, 'direct')),
  ...REVISIONS.flatMap((revision) => REVISIONS.map((caller) => client(revision, caller, 'single'))),
  ...REVISIONS.map((revision) => client(revision, revision, 'discovery')),
  ...REVISIONS.map(signingIn),
];

/**
 * What the suite's client scenarios run: puts the gateway in front of the scenario's server (the last argument) and does
 * through it what the scenario needs. CONFORMANCE_VIEW is `single` or `discovery`, CONFORMANCE_CALLER the caller's revision.
 */
import process from 'node:process';
import { openSession } from './client-session.mjs';
import { signingIn } from './sign-in.mjs';

const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_PROTOCOL_VERSION: revision } = process.env;
const { CONFORMANCE_VIEW: view = 'single', CONFORMANCE_CALLER: caller = revision } = process.env;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');

/** The ways in which a caller reaches the tools of the server. */
const VIEWS = {
  single: (session) => ({
    tools: async () => (await session.request('tools/list')).tools,
    call: (name, args = {}, between = undefined) => session.request('tools/call', { name, arguments: args }, between),
  }),
  discovery: (session) => ({
    async tools() {
      const { content } = await session.request('tools/call', {
        name: 'get_server_tools',
        arguments: { server: 'target' },
      });
      return JSON.parse(content[0].text).tools;
    },
    call: (tool, args = {}, between = undefined) =>
      session.request('tools/call', { name: 'execute_tool', arguments: { server: 'target', tool, args } }, between),
  }),
};

/** What the owner writes into the entry for a scenario about authorisation. */
const ENTRIES = {
  'auth/basic-cimd': () => ({ oauth: { clientMetadataUrl: 'https://conformance-test.local/client-metadata.json' } }),
  'auth/pre-registration': ({ client_id: clientId, client_secret: clientSecret }) => ({
    oauth: { clientId, clientSecret },
  }),
  'auth/client-credentials-basic': ({ client_id: clientId, client_secret: clientSecret }) => ({
    oauth: { clientId, clientSecret, grantType: 'client_credentials' },
  }),
  'auth/client-credentials-jwt': ({ client_id: clientId, private_key_pem: privateKey, signing_algorithm }) => ({
    oauth: { clientId, privateKey, signingAlgorithm: signing_algorithm, grantType: 'client_credentials' },
  }),
  'auth/wif-jwt-bearer': ({ client_id: clientId, valid_jwt: assertion }) => ({
    oauth: { clientId, assertion, grantType: 'jwt_bearer' },
  }),
  'auth/enterprise-managed-authorization': (given) => ({
    oauth: {
      clientId: given.client_id,
      clientSecret: given.client_secret,
      assertion: given.idp_id_token,
      identityProvider: { issuer: given.idp_issuer, clientId: given.idp_client_id },
      grantType: 'jwt_bearer',
    },
  }),
};

/** Values for the required arguments of a tool. */
function sample({ properties = {}, required = [] }) {
  const values = { string: 'text', number: 1, integer: 1, boolean: true, array: [], object: {} };
  return Object.fromEntries(required.map((name) => [name, values[properties[name]?.type] ?? null]));
}

/** Loads a skill as a host does: what cannot be read is not followed. */
async function loadSkill({ session }) {
  const { skills } = await session.request('skills/list');
  for (const { resources } of skills) {
    for (const { uri } of resources) await session.request('resources/read', { uri });
  }
}

/** What a scenario needs beyond a list of the tools. */
const SCENARIOS = {
  'sep-2640-client-no-prefetch': ({ session }) => session.request('skills/list'),
  ...Object.fromEntries(
    ['digest', 'size', 'frontmatter'].map((what) => [
      `sep-2640-client-verify-${what}`,
      (reach) => loadSkill(reach).catch(() => undefined),
    ]),
  ),
  tools_call: ({ call }) => call('add_numbers', { a: 2, b: 3 }),
  'elicitation-sep1034-client-defaults': ({ call }) => call('test_client_elicitation_defaults'),
  'sse-retry': ({ call }, tools) => call(tools[0].name),
  'json-schema-2020-12-preservation': ({ call }, tools) => {
    const { inputSchema } = tools.find(({ name }) => name === 'json_schema_2020_12_tool');
    return call('json_schema_echo', { schema: inputSchema });
  },
  'sep-2322-client-request-state': async ({ call }) => {
    await call('test_mrtr_echo_state', {}, () => call('test_mrtr_unrelated'));
    await call('test_mrtr_no_state');
    await call('test_mrtr_no_result_type');
  },
  'http-standard-headers': async ({ call, session }, tools) => {
    for (const { name } of tools) await call(name);
    for (const { uri } of (await session.request('resources/list')).resources) {
      await session.request('resources/read', { uri });
    }
    for (const { name } of (await session.request('prompts/list')).prompts) {
      await session.request('prompts/get', { name });
    }
  },
  'http-custom-headers': async ({ call }) => {
    for (const { name, arguments: args } of context.toolCalls) await call(name, args);
  },
  'http-invalid-tool-headers': async ({ call }, tools) => {
    for (const { name, inputSchema } of tools) await call(name, sample(inputSchema)).catch(() => undefined);
  },
};

const url = process.argv.at(-1);
const opened = await openSession({
  url,
  entry: ENTRIES[scenario]?.(context),
  revision: caller,
  args: view === 'single' ? ['--server', 'target'] : [],
});
try {
  const session = scenario.startsWith('auth/') ? signingIn(opened) : opened;
  await session.begin(session.request);
  const reach = { session, ...VIEWS[view](session) };
  const tools = await reach.tools();
  if (scenario.startsWith('auth/')) await reach.call('test-tool');
  else await SCENARIOS[scenario]?.(reach, tools);
} finally {
  await opened.close();
}

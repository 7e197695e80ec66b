/** The manifests in JSON: bundle for Claude Desktop (MCPB), entry of the MCP registry, plugin of Claude Code. */
import {
  AUTHORS,
  HOMEPAGE,
  KEYWORDS,
  LICENSE,
  NAME,
  NODE_RANGE,
  REGISTRY_NAME,
  SUMMARY,
  TITLE,
  VERSION,
} from './names.mjs';

/** What the client puts in when it starts the program. */
const placeholder = (name) => `$\{${name}}`;

const CONFIG = `${placeholder('HOME')}/.config/agent-mcp-gateway`;

/** @see https://github.com/modelcontextprotocol/mcpb */
export function mcpbManifest() {
  return {
    manifest_version: '0.3',
    name: NAME,
    display_name: TITLE,
    version: VERSION,
    description: SUMMARY,
    long_description:
      'Put your MCP servers into one file and let agents find their tools instead of loading them all. Rules say which agent may use what, and every call is recorded before it is forwarded. Write both files first: npx agent-mcp-gateway init.',
    author: { name: AUTHORS },
    homepage: HOMEPAGE,
    license: LICENSE,
    keywords: KEYWORDS,
    server: {
      type: 'node',
      entry_point: 'server/main.js',
      mcp_config: {
        command: 'node',
        args: [`${placeholder('__dirname')}/server/main.js`],
        env: {
          GATEWAY_MCP_CONFIG: placeholder('user_config.servers_file'),
          GATEWAY_RULES: placeholder('user_config.rules_file'),
        },
      },
    },
    tools: [
      { name: 'search_tools', description: 'Finds tools for a task over all servers that the agent may use' },
      { name: 'list_servers', description: 'Lists the servers that the agent may use' },
      { name: 'get_server_tools', description: 'Gives definitions of the tools of a server' },
      { name: 'execute_tool', description: 'Calls a tool of a server' },
      { name: 'read_result', description: 'Reads on in a result that was cut, or picks from it' },
    ],
    user_config: {
      servers_file: {
        type: 'file',
        title: 'Servers file',
        description: 'Your MCP servers, in the format of Claude Desktop (mcpServers)',
        default: `${CONFIG}/.mcp.json`,
        required: true,
      },
      rules_file: {
        type: 'file',
        title: 'Rules file',
        description: 'Which agent may use what',
        default: `${CONFIG}/.mcp-gateway-rules.json`,
        required: true,
      },
    },
    compatibility: { platforms: ['darwin', 'linux'], runtimes: { node: NODE_RANGE } },
  };
}

/** Variables that somebody sets for a gateway that a client starts. */
const FOR_CLIENTS = [
  'GATEWAY_MCP_CONFIG',
  'GATEWAY_RULES',
  'GATEWAY_DEFAULT_AGENT',
  'GATEWAY_AUDIT_LOG',
  'GATEWAY_INIT_STRATEGY',
];

/**
 * @param variables as `knownVariables` gives them
 * @param bundle `{ url, sha256 }` of a published MCPB; undefined where there is none
 * @see https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
 */
export function serverJson(variables, bundle) {
  const npm = {
    registryType: 'npm',
    registryBaseUrl: 'https://registry.npmjs.org',
    identifier: NAME,
    version: VERSION,
    runtimeHint: 'npx',
    transport: { type: 'stdio' },
    environmentVariables: variables.filter(({ name }) => FOR_CLIENTS.includes(name)).map(input),
  };
  const mcpb = bundle && {
    registryType: 'mcpb',
    identifier: bundle.url,
    version: VERSION,
    fileSha256: bundle.sha256,
    transport: { type: 'stdio' },
  };
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: REGISTRY_NAME,
    title: TITLE,
    description: SUMMARY,
    version: VERSION,
    websiteUrl: HOMEPAGE,
    packages: mcpb === undefined ? [npm] : [npm, mcpb],
  };
}

function input({ name, default: usual, meaning }) {
  return {
    name,
    description: meaning,
    ...(usual === '' ? {} : { default: usual }),
    ...(/_CONFIG$|_RULES$|_LOG$/.test(name) ? { format: 'filepath' } : {}),
    isRequired: false,
  };
}

/** A plugin that brings the gateway as an MCP server. */
export function plugin() {
  return {
    name: NAME,
    version: VERSION,
    description: SUMMARY,
    author: { name: AUTHORS },
    homepage: HOMEPAGE,
    license: LICENSE,
    keywords: KEYWORDS,
    mcpServers: { gateway: { command: 'npx', args: ['-y', `${NAME}@${VERSION}`] } },
  };
}

/** The repository as a marketplace of that one plugin. */
export function marketplace() {
  return {
    name: NAME,
    description: `The plugin of ${TITLE}`,
    owner: { name: AUTHORS },
    plugins: [{ name: NAME, source: './packaging/claude-plugin', description: SUMMARY, category: 'development' }],
  };
}

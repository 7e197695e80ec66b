/** The generated files of `packaging/` and `deploy/`, by path: what they say, made of what the program and its documentation say. */
import { chartFiles } from './chart.mjs';
import { dashboard } from './dashboard.mjs';
import { dockerfile } from './dockerfile.mjs';
import { formula, NO_HASH } from './formula.mjs';
import { marketplace, mcpbManifest, plugin, serverJson } from './manifests.mjs';
import { manualPage } from './manual-page.mjs';
import { loadProgram } from './program.mjs';
import { knownVariables } from './variables.mjs';

/** Paths from the root of the repository -> texts. */
export async function packagingFiles() {
  const variables = await knownVariables();
  const charts = json(dashboard());
  return new Map([
    ['packaging/man/agent-mcp-gateway.1', manualPage(await loadProgram(), variables)],
    ['packaging/docker/Dockerfile', dockerfile()],
    ['packaging/grafana/agent-mcp-gateway.json', charts],
    ...chartFiles(charts),
    ['packaging/homebrew/agent-mcp-gateway.rb', formula(NO_HASH)],
    ['packaging/mcpb/manifest.json', json(mcpbManifest())],
    ['packaging/mcp-registry/server.json', json(serverJson(variables))],
    ['packaging/claude-plugin/.claude-plugin/plugin.json', json(plugin())],
    ['.claude-plugin/marketplace.json', json(marketplace())],
  ]);
}

export function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

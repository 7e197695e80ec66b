import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { node, npm } from '../install.mjs';

export const agent = {
  name: 'Qwen Code',
  /** It defers the tools of all MCP servers. */
  bridge: { tool: 'tool_call', args: (tool, args) => ({ name: `mcp__gateway__${tool}`, arguments: args }) },
  async install() {
    const { bin, version } = await npm('@qwen-code/qwen-code');
    return { command: bin('qwen'), version, path: await node(24) };
  },
  start(installed, { home, entry, model, giveUpMs, prompt }) {
    const folder = path.join(home, '.qwen');
    mkdirSync(folder, { recursive: true });
    const { url, headers, ...program } = entry;
    const server = url === undefined ? program : { httpUrl: url, headers };
    writeFileSync(
      path.join(folder, 'settings.json'),
      JSON.stringify({
        security: { auth: { selectedType: 'openai' }, folderTrust: { enabled: false } },
        general: { disableAutoUpdate: true, enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        mcpServers: { gateway: { ...server, trust: true, timeout: giveUpMs ?? 900_000 } },
      }),
    );
    return this.turn(installed, { model, prompt });
  },
  /** A conversation with what its own files say. */
  turn({ command }, { model, prompt }) {
    return {
      command,
      args: ['-y', '-p', prompt],
      env: { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: `${model}/v1`, OPENAI_MODEL: 'gpt-4o' },
    };
  },
};

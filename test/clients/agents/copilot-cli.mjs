import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { node, npm } from '../install.mjs';

export const agent = {
  name: 'Copilot CLI',
  async install() {
    const { bin, version } = await npm('@github/copilot');
    return { command: bin('copilot'), version, path: await node(24) };
  },
  start(installed, { home, entry, model, giveUpMs, prompt }) {
    const folder = path.join(home, '.copilot');
    mkdirSync(folder, { recursive: true });
    const { url, headers, ...program } = entry;
    const server = url === undefined ? { type: 'local', ...program } : { type: 'http', url, headers };
    const gateway = { ...server, tools: ['*'], timeout: giveUpMs ?? 900_000 };
    writeFileSync(path.join(folder, 'mcp-config.json'), JSON.stringify({ mcpServers: { gateway } }));
    return this.turn(installed, { model, prompt });
  },
  /** A conversation with what its own files say. */
  turn({ command }, { model, prompt }) {
    return {
      command,
      args: ['-p', prompt, '--allow-all-tools', '--no-auto-update', '--disable-builtin-mcps'],
      env: {
        COPILOT_OFFLINE: 'true',
        COPILOT_AUTO_UPDATE: 'false',
        COPILOT_PROVIDER_BASE_URL: `${model}/v1`,
        COPILOT_PROVIDER_API_KEY: 'none',
        COPILOT_PROVIDER_TYPE: 'openai',
        COPILOT_MODEL: 'scripted',
      },
    };
  },
};

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from '../install.mjs';

export const agent = {
  name: 'opencode',
  async install() {
    const { bin, version } = await npm('opencode-ai');
    return { command: bin('opencode'), version };
  },
  start(installed, { home, entry, model, giveUpMs, prompt }) {
    const folder = path.join(home, '.config/opencode');
    mkdirSync(folder, { recursive: true });
    const server =
      entry.url === undefined
        ? { type: 'local', command: [entry.command, ...entry.args], environment: entry.env }
        : { type: 'remote', url: entry.url, headers: entry.headers, oauth: false };
    const gateway = { ...server, enabled: true, timeout: giveUpMs ?? 900_000 };
    writeFileSync(path.join(folder, 'opencode.json'), JSON.stringify({ mcp: { gateway } }));
    return this.turn(installed, { model, prompt });
  },
  /** A conversation with what its own files say. */
  turn: ({ command }, { model, prompt }) => ({
    command,
    args: ['run', '-m', 'scripted/scripted', prompt],
    env: { ...closed('OPENCODE'), OPENCODE_CONFIG_CONTENT: JSON.stringify(settings(model)) },
  }),
};

/** Variables with which it asks nobody for news. @param name of the program, as its variables begin */
const closed = (name) => ({
  [`${name}_DISABLE_AUTOUPDATE`]: '1',
  [`${name}_DISABLE_MODELS_FETCH`]: '1',
  [`${name}_DISABLE_LSP_DOWNLOAD`]: '1',
});

const settings = (model) => ({
  autoupdate: false,
  share: 'disabled',
  model: 'scripted/scripted',
  small_model: 'scripted/scripted',
  provider: {
    scripted: {
      npm: '@ai-sdk/openai-compatible',
      options: { baseURL: `${model}/v1`, apiKey: 'none' },
      models: { scripted: { name: 'scripted', tool_call: true, attachment: true, modalities: SEES } },
    },
  },
  permission: { '*': 'allow' },
});

const SEES = { input: ['text', 'image'], output: ['text'] };

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from '../install.mjs';

export const agent = {
  name: 'opencode',
  async install() {
    const { bin, version } = await npm('opencode-ai');
    return { command: bin('opencode'), version };
  },
  start({ command }, { home, entry, model, giveUpMs, prompt }) {
    const folder = path.join(home, '.config/opencode');
    mkdirSync(folder, { recursive: true });
    const server =
      entry.url === undefined
        ? { type: 'local', command: [entry.command, ...entry.args], environment: entry.env }
        : { type: 'remote', url: entry.url, headers: entry.headers, oauth: false };
    writeFileSync(
      path.join(folder, 'opencode.json'),
      JSON.stringify({
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
        mcp: { gateway: { ...server, enabled: true, timeout: giveUpMs ?? 900_000 } },
        permission: { '*': 'allow' },
      }),
    );
    const env = {
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    };
    return { command, args: ['run', '-m', 'scripted/scripted', prompt], env };
  },
};

const SEES = { input: ['text', 'image'], output: ['text'] };

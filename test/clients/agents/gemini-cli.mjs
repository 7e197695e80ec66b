import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from '../install.mjs';

export const agent = {
  name: 'Gemini CLI',
  async install() {
    const { bin, version } = await npm('@google/gemini-cli');
    return { command: bin('gemini'), version };
  },
  start(installed, { home, entry, model, giveUpMs, prompt }) {
    const folder = path.join(home, '.gemini');
    mkdirSync(folder, { recursive: true });
    const { url, headers, ...program } = entry;
    const server = url === undefined ? program : { httpUrl: url, headers };
    writeFileSync(
      path.join(folder, 'settings.json'),
      JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
        general: { disableAutoUpdate: true, enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        mcpServers: { gateway: { ...server, trust: true, timeout: giveUpMs ?? 900_000 } },
      }),
    );
    return this.turn(installed, { model, prompt });
  },
  /** It starts only where somebody has chosen how to sign in. */
  signIn(home) {
    const file = path.join(home, '.gemini/settings.json');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '{\n    // mine\n    "security": {"auth": {"selectedType": "gemini-api-key"}}\n}\n');
  },
  /** A conversation with what its own files say. */
  turn({ command }, { model, prompt }) {
    return {
      command,
      args: ['-y', '-m', 'gemini-2.5-flash', '-p', prompt],
      env: { GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: model, GEMINI_CLI_TRUST_WORKSPACE: 'true' },
    };
  },
};

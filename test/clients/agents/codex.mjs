import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from '../install.mjs';

export const agent = {
  name: 'Codex',
  async install() {
    const { bin, version } = await npm('@openai/codex');
    return { command: bin('codex'), version };
  },
  start(installed, { home, entry, model, giveUpMs, prompt }) {
    const folder = path.join(home, '.codex');
    mkdirSync(folder, { recursive: true });
    const server =
      entry.url === undefined
        ? [
            `command = ${text(entry.command)}`,
            `args = [${entry.args.map(text).join(', ')}]`,
            `env = ${table(entry.env)}`,
          ]
        : [`url = ${text(entry.url)}`, `http_headers = ${table(entry.headers)}`];
    writeFileSync(
      path.join(folder, 'config.toml'),
      ['[mcp_servers.gateway]', ...server, `tool_timeout_sec = ${(giveUpMs ?? 900_000) / 1000}`].join('\n'),
    );
    return this.turn(installed, { model, prompt });
  },
  /** A conversation with what its own files say. */
  turn({ command }, { model, prompt }) {
    const provider = { name: 'scripted', base_url: `${model}/v1`, wire_api: 'responses' };
    const settings = [
      'model="scripted"',
      'model_provider="scripted"',
      'check_for_update_on_startup=false',
      'analytics.enabled=false',
      `model_providers.scripted=${table(provider)}`,
    ].flatMap((setting) => ['-c', setting]);
    const args = ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', ...settings, prompt];
    return { command, args, env: {} };
  },
};

const text = (value) => JSON.stringify(value);
const table = (values) =>
  `{ ${Object.entries(values)
    .map(([key, value]) => `${text(key)} = ${text(value)}`)
    .join(', ')} }`;

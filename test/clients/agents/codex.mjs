import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from '../install.mjs';

export const agent = {
  name: 'Codex',
  async install() {
    const { bin, version } = await npm('@openai/codex');
    return { command: bin('codex'), version };
  },
  start({ command }, { home, entry, model, giveUpMs, prompt }) {
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
      [
        'model = "scripted"',
        'model_provider = "scripted"',
        'check_for_update_on_startup = false',
        '[analytics]',
        'enabled = false',
        '[model_providers.scripted]',
        'name = "scripted"',
        `base_url = ${text(`${model}/v1`)}`,
        'wire_api = "responses"',
        '[mcp_servers.gateway]',
        ...server,
        `tool_timeout_sec = ${(giveUpMs ?? 900_000) / 1000}`,
      ].join('\n'),
    );
    const args = ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', prompt];
    return { command, args, env: { CODEX_HOME: folder } };
  },
};

const text = (value) => JSON.stringify(value);
const table = (values) =>
  `{ ${Object.entries(values)
    .map(([key, value]) => `${text(key)} = ${text(value)}`)
    .join(', ')} }`;

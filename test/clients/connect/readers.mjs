/** Programs that read files of clients, and how each of them is asked whether it reaches the gateway. */
import path from 'node:path';
import { agent as claudeCode } from '../agents/claude-code.mjs';
import { agent as codex } from '../agents/codex.mjs';
import { agent as copilotCli } from '../agents/copilot-cli.mjs';
import { agent as geminiCli } from '../agents/gemini-cli.mjs';
import { agent as opencode } from '../agents/opencode.mjs';
import { agent as qwenCode } from '../agents/qwen-code.mjs';
import { mcporter } from '../commands/mcporter.mjs';
import { npm } from '../install.mjs';

const asked =
  (args, env = {}) =>
  ({ command }) => ({ command, args, env });
const LIST = ['mcp', 'list'];

const ALL = ['stdio', 'http', 'http, own token'];
const transportsOf = (client) => {
  if (client === 'claude-code') return ALL;
  return ['cursor', 'windsurf', 'vscode'].includes(client) ? ['stdio', 'http, own token'] : ['stdio'];
};

/** Not every list says whether a server is reached: of those that do not, a conversation shows it. */
export const READERS = [
  { agent: claudeCode, client: 'claude-code', list: asked(LIST), says: /gateway: .*Connected/ },
  { agent: codex, client: 'codex', list: asked(LIST), says: /gateway .*enabled/ },
  {
    agent: geminiCli,
    client: 'gemini-cli',
    list: asked(LIST, { GEMINI_CLI_TRUST_WORKSPACE: 'true' }),
    says: /gateway: .*Connected/,
  },
  { agent: opencode, client: 'opencode', list: asked(LIST), says: /gateway .*connected/ },
  { agent: qwenCode, client: 'qwen-code', list: asked(LIST), says: /gateway: .*Connected/ },
  { agent: copilotCli, client: 'copilot-cli', list: asked(LIST), says: /gateway/ },
  {
    agent: {
      name: 'Kilo CLI',
      async install() {
        // The package of its own installs a version that is not there at times.
        const { dir, version } = await npm('@kilocode/cli-linux-x64');
        return { command: path.join(dir, 'node_modules/@kilocode/cli-linux-x64/bin/kilo'), version };
      },
    },
    client: 'kilo-cli',
    list: asked(LIST),
    says: /gateway .*connected/,
  },
  // It reads the files of others, and knows of their variables only those of Claude Code; clients of the desktop have none.
  ...['claude-code', 'cursor', 'codex', 'windsurf', 'vscode', 'opencode'].map((client) => ({
    agent: mcporter,
    client,
    list: asked(['list']),
    says: /gateway \(5 tools/,
    transports: transportsOf(client),
  })),
];

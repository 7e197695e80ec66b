import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from '../install.mjs';

export const agent = {
  name: 'Claude Code',
  async install() {
    const { bin, version } = await npm('@anthropic-ai/claude-code');
    return { command: bin('claude'), version };
  },
  start(installed, { home, entry, model, giveUpMs, prompt }) {
    const file = path.join(home, 'mcp.json');
    writeFileSync(file, JSON.stringify({ mcpServers: { gateway: entry } }));
    const { args, ...turn } = this.turn(installed, { model, prompt });
    return {
      ...turn,
      args: [...args, '--mcp-config', file, '--strict-mcp-config'],
      env: { ...turn.env, ...(giveUpMs === undefined ? {} : { MCP_TOOL_TIMEOUT: String(giveUpMs) }) },
    };
  },
  /** A conversation with what its own files say. */
  turn({ command }, { model, prompt }) {
    return {
      command,
      args: ['-p', prompt, '--allowedTools', 'mcp__gateway'],
      env: {
        ANTHROPIC_BASE_URL: model,
        ANTHROPIC_API_KEY: 'none',
        // Its first turn waits for the servers.
        MCP_CONNECTION_NONBLOCKING: 'false',
        DISABLE_AUTOUPDATER: '1',
        DISABLE_TELEMETRY: '1',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
    };
  },
};

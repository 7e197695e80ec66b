import process from 'node:process';
import type { Command } from 'commander';

/** Adds the command `hook`, which clients run before each tool use. */
export function registerHook(program: Command): void {
  program
    .command('hook')
    .description('attest to the gateway which subagent uses a tool; run by a PreToolUse hook of Claude Code')
    .addHelpText(
      'after',
      `
Reads the input of the hook on standard input and tells every running gateway of
this user. Writes nothing, and never stops a tool use: a call that nothing
attests gets the default agent of its principal.

Example, in .claude/settings.json:
  {"hooks": {"PreToolUse": [{"matcher": "mcp__gateway__.*", "hooks": [
    {"type": "command", "command": "agent-mcp-gateway hook", "timeout": 5}]}]}}

"agent-mcp-gateway connect claude-code --hook" prints it.`,
    )
    .action(async () => {
      try {
        const { attest } = await import('./hook-run.ts');
        await attest(process.stdin);
      } catch {
        // A hook that fails would be told to the model, who cannot do anything about it.
      }
      process.exit(0);
    });
}

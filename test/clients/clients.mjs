/** Every client that is tried: one file each, or one for a family. */
import { agent as claudeCode } from './agents/claude-code.mjs';
import { agent as codex } from './agents/codex.mjs';
import { agent as copilotCli } from './agents/copilot-cli.mjs';
import { agent as geminiCli } from './agents/gemini-cli.mjs';
import { agent as opencode } from './agents/opencode.mjs';
import { agent as qwenCode } from './agents/qwen-code.mjs';
import { inspector } from './commands/inspector.mjs';
import { mcporter } from './commands/mcporter.mjs';
import { runAgent } from './run-agent.mjs';
import { runCommand } from './run-command.mjs';
import { runProgram } from './run-program.mjs';
import { goSdk } from './sdks/go.mjs';
import { javaSdk } from './sdks/java.mjs';
import { fastmcp, pythonSdk } from './sdks/python.mjs';
import { rustSdk } from './sdks/rust.mjs';
import { typescript1, typescript2 } from './sdks/typescript.mjs';
import { vscode } from './sdks/vscode.mjs';

const AGENTS = [claudeCode, codex, geminiCli, opencode, qwenCode, copilotCli];
const PROGRAMS = [vscode, typescript1, typescript2, pythonSdk, fastmcp, goSdk, rustSdk, javaSdk];
const COMMANDS = [mcporter, inspector];

export const CLIENTS = [
  ...AGENTS.map((client) => ({ client, run: runAgent })),
  ...COMMANDS.map((client) => ({ client, run: runCommand })),
  ...PROGRAMS.map((client) => ({ client, run: runProgram })),
];

/** Every client that is tried: one file each, or one for a family. */
import { agent as claudeCode } from './agents/claude-code.mjs';
import { agent as codex } from './agents/codex.mjs';
import { agent as copilotCli } from './agents/copilot-cli.mjs';
import { agent as geminiCli } from './agents/gemini-cli.mjs';
import { agent as opencode } from './agents/opencode.mjs';
import { agent as qwenCode } from './agents/qwen-code.mjs';
import { runAgent } from './run-agent.mjs';
import { runProgram } from './run-program.mjs';
import { goSdk } from './sdks/go.mjs';
import { fastmcp, pythonSdk } from './sdks/python.mjs';
import { typescript1, typescript2 } from './sdks/typescript.mjs';

const AGENTS = [claudeCode, codex, geminiCli, opencode, qwenCode, copilotCli];
const PROGRAMS = [typescript1, typescript2, pythonSdk, fastmcp, goSdk];

export const CLIENTS = [
  ...AGENTS.map((client) => ({ client, run: runAgent })),
  ...PROGRAMS.map((client) => ({ client, run: runProgram })),
];

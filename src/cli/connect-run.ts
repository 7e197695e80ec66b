/** Runs `connect claude-code --per-agent` and `--hook`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openRules } from '../config/edit-rules.ts';
import { expandHome, settingsHere } from '../config/settings.ts';
import { cannotWrite } from '../shared/cannot-write.ts';
import { systemCode } from '../shared/system-code.ts';
import { print, printJson, say } from './output.ts';
import { type AgentEntry, subagentFile, subagentName, withEntry } from './subagent-file.ts';

interface ConnectOptions {
  readonly dir?: string;
  readonly rules?: string;
  readonly mcpConfig?: string;
}

const COMMAND = 'agent-mcp-gateway';

/** Prints the hook that attests which subagent makes a call (https://code.claude.com/docs/en/hooks). */
export function printHook(): void {
  const hook = { type: 'command', command: `${COMMAND} hook`, timeout: 5 };
  printJson({ hooks: { PreToolUse: [{ matcher: 'mcp__gateway__.*', hooks: [hook] }] } });
  say('Add this to .claude/settings.json, and "hook": true to the principal of the rules that has "stdio": true.');
}

/**
 * Writes a subagent for every agent of the rules, each with a connection that can be that agent only.
 * @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID, CANNOT_WRITE
 */
export async function connectPerAgent(options: ConnectOptions): Promise<void> {
  const { rules, mcpConfig } = options;
  const settings = settingsHere({ rules, mcpConfig });
  const editor = await openRules(settings);
  const folder = join(resolve(settings.cwd, expandHome(options.dir ?? '.', settings.home)), '.claude', 'agents');
  const seen = new Map<string, string>();
  for (const agent of Object.keys(editor.rules.rules?.agents ?? {})) {
    const name = subagentName(agent);
    const other = seen.get(name);
    if (other !== undefined) {
      say(
        `Left out ${agent}: its file would be that of ${other}. Names of subagents have lower-case letters and "-" only.`,
      );
      continue;
    }
    seen.set(name, agent);
    const entry = { agent, command: COMMAND, args: fileArgs(options) };
    const { expose = 'discovery', execute } = editor.rules.agentTerms.get(agent) ?? {};
    const view = expose === 'discovery' && execute === 'split' ? execute : expose;
    await writeSubagent(join(folder, `${name}.md`), entry, subagentFile(entry, view));
  }
  say('Take the gateway out of the .mcp.json of the project, or the main conversation can be every agent.');
}

/** The same files as here, wherever the client starts the gateway. */
function fileArgs({ rules, mcpConfig }: ConnectOptions): string[] {
  const { cwd, home } = settingsHere({});
  const path = (flag: string, file: string | undefined): string[] =>
    file === undefined ? [] : [flag, resolve(cwd, expandHome(file, home))];
  return [...path('--mcp-config', mcpConfig), ...path('--rules', rules)];
}

/** @throws GatewayError CANNOT_WRITE */
async function writeSubagent(file: string, entry: AgentEntry, text: string): Promise<void> {
  try {
    await addSubagent(file, entry, text);
  } catch (error) {
    throw cannotWrite(file, error, 'choose another --dir');
  }
}

async function addSubagent(file: string, entry: AgentEntry, text: string): Promise<void> {
  const existing = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (existing === undefined) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
    print(`Wrote ${file}`);
    return;
  }
  const changed = withEntry(existing, entry);
  if (changed.kind === 'same') print(`Kept ${file}`);
  else if (changed.kind === 'changed') {
    await writeFile(file, changed.text);
    print(`Added the server to ${file}`);
  } else {
    say(`${file} has servers of its own, or no front matter. Add this to its front matter:`);
    say(...changed.entry.split('\n'));
  }
}

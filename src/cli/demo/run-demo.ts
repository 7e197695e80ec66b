/** `demo`: sets the stage, tells the story, clears the stage, whatever happens. */
import { NAME } from '../../shared/version.ts';
import { closeOnInterruption } from '../interruption.ts';
import { print, printJson } from '../output.ts';
import { type AgentFigures, allDefinitionsTokens, type Figures, toolCount } from './figures.ts';
import { scriptOfThisProcess } from './gateway-process.ts';
import { createNarrator, type Narrator, SILENT } from './narrator.ts';
import { DEMO_SERVERS } from './servers/all.ts';
import { setStage } from './stage.ts';
import { tell } from './story.ts';

/** @throws GatewayError INTERNAL where a step does not do what it claims */
export async function runDemo({ json }: { json: boolean }): Promise<void> {
  const started = performance.now();
  const narrator = json ? SILENT : createNarrator();
  const takeBack = closeOnInterruption(() => stage.clear());
  const stage = setStage();
  if (!json) introduce();
  let measured: Omit<Figures, 'seconds'>;
  try {
    measured = await tell(stage, narrator);
  } finally {
    await stage.clear();
    takeBack();
  }
  const figures: Figures = { ...measured, seconds: Math.round(performance.now() - started) / 1000 };
  if (json) printJson(figures);
  else conclude(figures, narrator);
}

function introduce(): void {
  print(`One gateway, ${DEMO_SERVERS.length} small MCP servers with ${toolCount()} tools, and two agents.`);
  print('Everything runs on this machine, in a temporary folder that is removed at the end.');
}

function conclude({ agents, seconds }: Figures, { step, line }: Narrator): void {
  step('What it saved: tokens that a model reads before it can call a tool');
  line(`All ${toolCount()} definitions, as a client without a gateway loads them: ${allDefinitionsTokens()} tokens`);
  for (const [name, figures] of Object.entries(agents)) line(savedLine(name, figures));
  line(
    'Estimated by the counter that get_server_tools uses. Results of calls cost the same either way and do not count.',
  );
  step('Your own servers');
  for (const text of nextSteps()) line(text);
  print('');
  print(`Done in ${seconds} s. Every step above was checked.`);
}

function savedLine(name: string, { loaded_tokens: loaded, saved_percent: saved }: AgentFigures): string {
  return `${name.padEnd(8)} loaded ${loaded} tokens: the gateway's own tools, what it looked up, and its questions. ${saved} % less`;
}

function nextSteps(): readonly string[] {
  const start = startCommand(scriptOfThisProcess());
  const [command, ...args] = start;
  const shown = start.join(' ');
  return [
    `${shown} init       writes a first .mcp.json (your servers) and .mcp-gateway-rules.json (who may use what)`,
    `${shown} validate   checks both`,
    'Then make the gateway the only server of your MCP client:',
    JSON.stringify({ mcpServers: { gateway: { command, args } } }),
    'docs/getting-started.md has the places for Claude Code, Cursor and VS Code, and the same over HTTP.',
  ];
}

/** The command that starts this program where it was started now: by npx, by its name, or from a clone. */
function startCommand(script: string): readonly [string, ...string[]] {
  if (/[\\/]_npx[\\/]/.test(script)) return ['npx', '-y', NAME];
  return script.endsWith(NAME) || script.includes('node_modules') ? [NAME] : ['node', script];
}

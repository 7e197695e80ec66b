/** Runs `setup`: import and connect as one change. */
import process from 'node:process';
import { isRunner } from '../../config/nested-gateway.ts';
import type { Client } from '../../setup/clients.ts';
import { type ClientConnection, planConnections } from '../../setup/connect-plan.ts';
import { executePlan } from '../../setup/execute.ts';
import { type ImportPlan, type PlanContext, sealSecrets } from '../../setup/import-plan.ts';
import { renderConnections, renderImport } from '../../setup/render.ts';
import { readSources } from '../../setup/sources.ts';
import { GatewayError } from '../../shared/errors.ts';
import { count } from '../count.ts';
import { print, printJson, say } from '../output.ts';
import type { SetupFlags } from '../setup.ts';
import { httpOf } from './connect-clients.ts';
import {
  advice,
  agree,
  answered,
  clientsHere,
  contextHere,
  hasTerminal,
  orGiveUp,
  printLines,
  prompts,
  runningHere,
} from './context.ts';
import { newServers, optionsOf, planWithAnswers } from './import-run.ts';
import { connectionReport, importReport } from './report.ts';
import { scanImported, suspiciousEntries } from './scan-imported.ts';

export async function setup(flags: SetupFlags): Promise<void> {
  await orGiveUp(async () => {
    const context = contextHere(flags);
    const isAsking = flags.yes !== true && flags.print !== true && flags.json !== true && hasTerminal();
    const clients = await chooseClients(flags, context, isAsking);
    const chosen = isAsking ? await askChoices(flags) : flags;
    const sources = readSources(clients, context.place);
    const plan = await planWithAnswers(sources, context, optionsOf(chosen), isAsking);
    const connections = connectionsOf(clients, context, plan, chosen);
    if (flags.json === true) printJson({ import: importReport(plan), connect: connectionReport(connections) });
    else
      printLines([...renderImport(plan, process.env), ...suspiciousEntries(plan), ...renderConnections(connections)]);
    const changes = [...plan.changes, ...connections.flatMap(({ change }) => (change === undefined ? [] : [change]))];
    if (connections.some(({ refusal }) => refusal !== undefined)) process.exitCode = 1;
    if (changes.length === 0) {
      if (flags.json !== true) print(nothingToDo(connections));
      return;
    }
    if (!(await agree(flags, 'Carry this out?'))) return;
    await executePlan(context.settings.configDir, 'setup', async () => [
      ...(await sealSecrets(plan, context.store)),
      ...changes,
    ]);
    const connected = connections.filter(({ refusal }) => refusal === undefined);
    say(
      `Done: ${count(newServers(plan), 'server')} imported, ${count(connected.length, 'client')} connected. Start your clients again.`,
      'See what runs with "agent-mcp-gateway status"; take it all back with "agent-mcp-gateway undo".',
      ...(downloads(plan)
        ? ['Have the packages of the servers downloaded now, so that no agent waits: "agent-mcp-gateway warm".']
        : []),
      ...advice(runningHere()),
    );
    if (flags.json !== true) await scanImported(context.settings, plan, flags);
  });
}

function nothingToDo(connections: readonly ClientConnection[]): string {
  const refused = connections.filter(({ refusal }) => refusal !== undefined).length;
  if (refused === 0) return 'Nothing to do: everything is set up.';
  const others = refused === connections.length ? '' : ' The others are set up already.';
  return `Nothing was changed: ${count(refused, 'file')} cannot be, for the reason above.${others}`;
}

/** True if what was imported is downloaded at its first start. */
function downloads({ merged }: ImportPlan): boolean {
  return merged.servers.some(
    ({ entry, isNew, isOff }) => isNew && !isOff && typeof entry['command'] === 'string' && isRunner(entry['command']),
  );
}

async function chooseClients(flags: SetupFlags, { place }: PlanContext, isAsking: boolean): Promise<readonly Client[]> {
  const names =
    flags.clients
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '') ?? [];
  const found = clientsHere(names, place);
  if (found.length === 0) {
    throw new GatewayError('USAGE', 'No client was found here. Name those that you use: --clients claude-code,cursor');
  }
  if (!isAsking || names.length > 0) return found;
  const { multiselect } = await prompts();
  const options = found.map(({ id, title }) => ({ value: id, label: title }));
  const message = 'Which clients shall reach their servers through the gateway?';
  const ids = answered(
    await multiselect({
      message,
      options,
      initialValues: found.map(({ id }) => id),
      required: true,
      output: process.stderr,
    }),
  );
  return found.filter(({ id }) => ids.includes(id));
}

/** The questions that no flag has answered. */
async function askChoices(flags: SetupFlags): Promise<SetupFlags> {
  const { confirm } = await prompts();
  const ask = async (message: string): Promise<boolean> =>
    answered(await confirm({ message, initialValue: true, output: process.stderr }));
  const keepServers =
    flags.keepServers ?? !(await ask('Take the servers out of the clients, so that all calls go through the gateway?'));
  const keepSecrets = flags.keepSecrets ?? !(await ask('Move keys that stand in your files into the encrypted store?'));
  return { ...flags, keepServers, keepSecrets };
}

function connectionsOf(
  clients: readonly Client[],
  { place }: PlanContext,
  plan: ImportPlan,
  flags: SetupFlags,
): ClientConnection[] {
  return planConnections(clients, place, {
    scope: 'user',
    http: httpOf(flags),
    name: 'gateway',
    replaced: flags.keepServers === true ? undefined : plan.merged.servers,
    agents: plan.agents,
    running: runningHere(),
    mainScript: process.argv[1],
  });
}

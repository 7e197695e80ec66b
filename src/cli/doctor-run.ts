import process from 'node:process';
import { findProgram, type ProgramFault, programFault } from '../config/check-program.ts';
import { programName } from '../config/nested-gateway.ts';
import { quote } from '../config/quote-name.ts';
import type { Settings } from '../config/settings.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import type { GatewayError } from '../shared/errors.ts';
import { systemCode } from '../shared/system-code.ts';
import { whyNotStarted } from '../upstream/process/start-failure.ts';
import type { SandboxFault } from '../upstream/sandbox/availability.ts';
import { print, printJson, say } from './output.ts';
import { summaryOf, waitFor } from './waiting.ts';
import { openWorkbench, type Tested, type Workbench } from './workbench.ts';

/** A start may take its budget, and then the handshake and the listing. */
const TIMEOUT_MS = 180_000;
/** Below this many tools in all, discovery costs more than direct exposure (docs/tokens.md). */
const FEW_TOOLS = 8;
/** Definitions of more tokens than this are worth a hint. */
const MANY_TOKENS = 10_000;

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
}

interface Diagnosis {
  readonly server: string;
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly fix?: string;
  /** The number of its tools, where that is known. */
  readonly tools?: number;
}

export async function doctor(settings: Settings, names: readonly string[], json: boolean): Promise<void> {
  const bench = await openWorkbench(settings);
  try {
    const { servers, broken, policy } = bench.snapshot;
    for (const agent of policy.agents.filter(policy.isShadow)) {
      say(`warning: agent ${quote(agent)} is in shadow mode: its rules are recorded and not enforced (docs/rules.md).`);
    }
    const all = names.length > 0 ? names : [...servers.keys(), ...broken.keys()];
    const waiting = waitFor(all);
    const one = async (name: string): Promise<Diagnosis> => {
      const diagnosis = await diagnose(bench, name);
      waiting.done(name);
      if (!json) printDiagnosis(diagnosis);
      return diagnosis;
    };
    const diagnoses = await Promise.all(all.map(one)).finally(waiting.close);
    const failures = diagnoses.filter(({ ok }) => !ok).length;
    if (failures > 0) process.exitCode = 4;
    if (json) return printJson(diagnoses);
    say(...summaryOf('ok', all.length - failures, failures === 1 ? 'does not work' : 'do not work', failures));
    const tools = diagnoses.reduce((sum, diagnosis) => sum + (diagnosis.tools ?? 0), 0);
    if (names.length === 0 && tools > 0 && tools < FEW_TOOLS) print(directHint(tools));
  } finally {
    await bench.close();
  }
}

async function diagnose(bench: Workbench, name: string): Promise<Diagnosis> {
  const server = bench.snapshot.servers.get(name);
  const tested = await bench.test(name, TIMEOUT_MS);
  const checks: Check[] = [];
  const check = (what: string, ok: boolean, found: string): void => void checks.push({ name: what, ok, found });
  check('entry', server !== undefined, server === undefined ? (tested.error?.message ?? '') : 'complete');
  let fault: ProgramFault | undefined;
  if (server?.link.transport === 'stdio') {
    const { command, env, cwd } = server.link;
    fault = programFault(server.link);
    if (fault !== undefined) check(fault.field, false, fault.message);
    else check('command', true, findProgram(command, env.get('PATH'), cwd) ?? command);
    check('environment', true, env.size === 0 ? 'complete' : `complete: ${[...env.keys()].join(', ')}`);
  }
  const walls = server && (await sandboxCheck(bench, server, fault));
  if (walls !== undefined) check('reach', walls.fault === undefined, walls.found);
  const { facts, tools, error } = tested;
  const report = bench.reports().find((entry) => entry.name === name);
  if (facts !== undefined) {
    const is = [facts.name, facts.version].filter((part) => part !== undefined).join(' ');
    const { start_ms, handshake_ms } = report ?? {};
    if (start_ms !== undefined && server?.link.transport === 'stdio')
      check('start', true, `${start_ms} ms to the first message`);
    check('handshake', true, handshake_ms === undefined ? 'done' : `${handshake_ms} ms`);
    check('protocol', true, `${facts.revision} (${facts.era})`);
    check('version', true, is === '' ? 'not said' : is);
  } else if (server !== undefined) check('connection', false, error?.message ?? 'failed');
  if (tools !== undefined) {
    check('tools', true, `${tools.count}, ${tools.bytes} bytes, about ${tools.tokens} tokens of definitions`);
    await checkDefinitions(bench, name, check);
  } else if (facts !== undefined) check('tools', false, error?.message ?? 'could not be listed');
  const fix =
    server === undefined ? bench.snapshot.broken.get(name)?.fix : (walls?.fault?.fix ?? fixFor(server, fault, tested));
  return {
    server: name,
    ok: tested.status === 'initialized',
    checks,
    ...(fix === undefined ? {} : { fix }),
    ...(tools === undefined ? {} : { tools: tools.count }),
  };
}

/** The finding about what a server could reach, or about why its sandbox cannot be made. */
async function sandboxCheck(
  { ownPlaces }: Workbench,
  { link }: ServerDefinition,
  fault: ProgramFault | undefined,
): Promise<{ readonly found: string; readonly fault?: SandboxFault | undefined }> {
  const { entryFault } = await import('../upstream/sandbox/open-sandbox.ts');
  const { dockerFault, sandboxFault } = await import('../upstream/sandbox/availability.ts');
  const { reachOf } = await import('../upstream/sandbox/reach.ts');
  if (link.transport !== 'stdio' || link.sandbox === undefined || fault !== undefined) return { found: reachOf(link) };
  const { sandbox } = link;
  const found =
    sandbox.image === undefined
      ? ((await sandboxFault()) ?? entryFault(link, sandbox, ownPlaces))
      : (entryFault(link, sandbox, ownPlaces) ?? (await dockerFault()));
  return found === undefined ? { found: reachOf(link) } : { found: found.reason, fault: found };
}

/** Scans what the server says by itself; `definitions scan` compares it with what others say. */
async function checkDefinitions(
  bench: Workbench,
  name: string,
  check: (what: string, ok: boolean, found: string) => void,
): Promise<void> {
  const { isSuspicious } = await import('../catalog/scan/finding.ts');
  const { scanListed } = await import('../catalog/scan/scan-listed.ts');
  const findings = (await scanListed(name, await bench.definitions(name, TIMEOUT_MS), [])).filter(isSuspicious);
  const [first] = findings;
  if (first === undefined) return check('definitions', true, 'nothing suspicious in what it says to models');
  const more = findings.length > 1 ? `, and ${findings.length - 1} more` : '';
  const what = first.name === '' ? first.type : `${first.type} ${quote(first.name)}`;
  check(
    'definitions',
    false,
    `${what}: ${first.message.replace(/\.$/, '')}${more}. Look: agent-mcp-gateway definitions scan ${name}`,
  );
}

function directHint(tools: number): string {
  const count = tools === 1 ? 'There is only 1 tool' : `There are only ${tools} tools`;
  return `${count}: looking for them costs more tokens than showing them all. Consider --expose direct (docs/tokens.md).`;
}

/** Gives advice by what is known and never by the text of an error. */
function fixFor(server: ServerDefinition, fault: ProgramFault | undefined, tested: Tested): string | undefined {
  const { error, tools } = tested;
  // The reason why it cannot start now may be another one, e.g. a limit of the system.
  const isStarted = error?.cause === undefined || systemCode(error.cause) === undefined;
  if (server.link.transport === 'stdio' && !isStarted) return whyNotStarted(error?.cause, server.link).fix;
  if (fault !== undefined) return `${fault.fix}.`;
  if (error !== undefined) return fixOf(error, server);
  if (tools !== undefined && tools.tokens > MANY_TOKENS) {
    return 'Its definitions are large: agents should ask for the tools they need by name or pattern, or rules allow fewer.';
  }
  return undefined;
}

function fixOf({ code, data }: GatewayError, { link, name }: ServerDefinition): string {
  if (code === 'AUTH_REQUIRED') return `Sign in: agent-mcp-gateway auth login ${name}`;
  const status = data?.['httpStatus'];
  if (status === 401 || status === 403) return 'Put valid credentials into "headers" of its entry.';
  if (typeof status === 'number') return 'Check "url" of its entry: the server answers, but not with MCP.';
  if (data?.['phase'] === 'start') {
    return 'Run "agent-mcp-gateway warm" once and see whether it downloads for long: then raise "start_timeout_ms". Otherwise run its command by hand: it writes no message.';
  }
  if (data?.['phase'] === 'handshake') {
    return 'Check that the program speaks MCP over stdio and needs no further argument; or raise "handshake_timeout_ms".';
  }
  if (data?.['exited'] === true) {
    const half = link.transport === 'stdio' && programName(link.command) === 'npx';
    return `Run its command by hand: it ends by itself. Its last output is above.${half ? HALF_INSTALLED : ''}`;
  }
  if (code === 'TIMEOUT') return 'Try again: it is still starting. Raise "start_timeout_ms" if that is normal for it.';
  return link.transport === 'stdio'
    ? 'Run its command by hand and look at what it writes.'
    : 'Check that the server runs and that "url" of its entry is its address.';
}

/** npx starts what it finds, also where somebody ended it while it installed. */
const HALF_INSTALLED =
  ' Where files below "_npx" are missing, an installation was stopped half-way: remove the folder that is named there.';

function printDiagnosis({ server, ok, checks, fix }: Diagnosis): void {
  print(`${server}: ${ok ? 'ok' : 'does not work'}`);
  for (const { name, ok: good, found } of checks) print(`  ${good ? '+' : '-'} ${name.padEnd(11)} ${found}`);
  if (fix !== undefined) print(`  ${ok ? 'Hint' : 'Fix'}: ${fix}`);
}

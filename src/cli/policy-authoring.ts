/** The commands that write rules, and show what rules come to. */
import type { Command } from 'commander';
import { GatewayError } from '../shared/errors.ts';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

type Flags = CommandFlags & {
  readonly json?: boolean;
  readonly live?: boolean;
  readonly write?: boolean;
  readonly since?: string;
  readonly minUses?: string;
  readonly csv?: boolean;
  readonly html?: boolean;
};

/** Adds `policy show`, `matrix`, `learn`, `diff` and `add`. */
export function registerAuthoring(policy: Command): void {
  registerShow(policy);
  registerMatrix(policy);
  registerLearn(policy);
  registerDiff(policy);
  registerAdd(policy);
}

const LIVE = ['--live', 'start the servers and ask for their tools'] as const;
const JSON_FLAG = ['--json', 'print JSON'] as const;

function registerShow(policy: Command): void {
  withFiles(policy.command('show'))
    .description('say in words what an agent may do')
    .argument('<agent>', 'agent of the rules')
    .option(...LIVE)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Example:
  $ agent-mcp-gateway policy show researcher

Tools are those that the servers listed last.
Exit status: 0 done, 1 if a file cannot be read, 2 for an unknown agent.`,
    )
    .action(async (agent: string, flags: Flags) => {
      await attempt(async () => {
        const { showCommand } = await import('./policy-show.ts');
        const { live = false, json = false } = flags;
        await showCommand(settingsFrom(flags), { agent, live, json });
      });
    });
}

function registerMatrix(policy: Command): void {
  const command = policy.command('matrix');
  withFiles(command)
    .description('print a table of what each agent may use, and by which rule')
    .option('--agent <name>', 'this agent only')
    .option('--html', 'print one self-contained page of HTML')
    .option('--csv', 'print CSV')
    .option(...LIVE)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Examples:
  $ agent-mcp-gateway policy matrix --agent researcher
  $ agent-mcp-gateway policy matrix --html > matrix.html

Tools are those that the servers listed last.
Exit status: 0 done, 1 if a file cannot be read, 2 for an unknown agent.`,
    )
    .action(async (flags: Flags) => {
      const { agent, json, csv, html, live = false } = flags;
      if ([json, csv, html].filter((form) => form === true).length > 1) {
        return command.error('error: choose one of --json, --csv and --html.');
      }
      await attempt(async () => {
        const { matrixCommand } = await import('./policy-matrix.ts');
        const form = json ? 'json' : csv ? 'csv' : html ? 'html' : 'text';
        const { agent: _filter, ...others } = flags;
        await matrixCommand(settingsFrom(others), { agent, form, live });
      });
    });
}

function registerLearn(policy: Command): void {
  policy
    .command('learn')
    .description('propose the smallest rules that allow what was used, from the audit log')
    .option('--agent <name>', 'this agent only')
    .option('--since <when>', '12h, 7d, 4w, or a date in UTC: older calls do not count')
    .option('--min-uses <count>', 'calls that a tool needs to be allowed', '1')
    .option('--audit-log <file>', 'audit log (GATEWAY_AUDIT_LOG)')
    .option('--rules <file>', 'rules file (GATEWAY_RULES)')
    .option('--write', 'write the rules file; comments stay')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Examples:
  $ agent-mcp-gateway policy learn --agent researcher --since 7d
  $ agent-mcp-gateway policy learn --min-uses 3 --write

What was used is allowed by name, and nothing else; what "deny" says stays. The
log is read with its rotated files. Without --write it only shows the diff.
Exit status: 0 done, also if nothing changes; 1 if the rules cannot be
read or written, 2 if the log cannot be read, or for an unknown agent.`,
    )
    .action(async (flags: Flags) => {
      await attempt(async () => {
        const { learnCommand } = await import('./policy-learn.ts');
        const { agent, since, minUses, write = false, json = false, ...others } = flags;
        const when = await sinceOf(since);
        await learnCommand(settingsFrom(others), { agent, since: when, minUses: countOf(minUses), write, json });
      });
    });
}

function registerDiff(policy: Command): void {
  policy
    .command('diff')
    .description('compare the decisions of two rules files')
    .argument('<old>', 'rules file')
    .argument('<new>', 'rules file')
    .option('--since <when>', '12h, 7d, 4w, or a date in UTC: older calls do not count')
    .option('--audit-log <file>', 'audit log (GATEWAY_AUDIT_LOG)')
    .option('--mcp-config <file>', 'servers file (GATEWAY_MCP_CONFIG)')
    .option(...LIVE)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Example:
  $ agent-mcp-gateway policy diff rules.json new-rules.json --since 7d

It decides about every agent with every server, the tools that it listed last,
and every past call of the audit log, and shows what comes out otherwise, with
the deciding rule of both.
Exit status: 0 if every decision stays, 3 if one changes, 1 if a file
cannot be read.`,
    )
    .action(async (before: string, after: string, flags: Flags) => {
      await attempt(async () => {
        const { diffCommand } = await import('./policy-diff.ts');
        const { since, live = false, json = false, ...others } = flags;
        const hasLog = others.auditLog !== undefined;
        await diffCommand(settingsFrom(others), { before, after, since: await sinceOf(since), hasLog, live, json });
      });
    });
}

function registerAdd(policy: Command): void {
  withFiles(policy.command('add'))
    .description('add a recipe to the rules of an agent')
    .argument('<recipe>', 'read-only, no-delete, ask-before-write or no-exfiltration')
    .requiredOption('--agent <name>', 'agent of the rules')
    .option('--write', 'write the rules file; comments stay')
    .option(...LIVE)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Example:
  $ agent-mcp-gateway policy add read-only --agent reviewer

Recipes:

  read-only         only tools whose names begin with get, list, read, search
                    and the like
  no-delete         no tools whose names say that they delete or drop something
  ask-before-write  a person is asked before a tool does more than read
  no-exfiltration   a person is asked before anything goes out, after private
                    data and text of strangers were read; for every agent

A recipe only takes away. The first two go by names, which may lie. Without
--write it only shows the diff.
Exit status: 0 done, also if nothing changes; 1 if the rules cannot be
read or written, 2 for an unknown agent or recipe.`,
    )
    .action(async (recipe: string, flags: Flags) => {
      await attempt(async () => {
        const { addCommand } = await import('./policy-add.ts');
        const { agent = '', write = false, live = false, json = false, ...others } = flags;
        await addCommand(settingsFrom(others), { recipe, agent, write, live, json });
      });
    });
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    fail(error);
  }
}

async function sinceOf(text: string | undefined): Promise<number | undefined> {
  return text === undefined ? undefined : (await import('./since.ts')).instantBefore(text, Date.now());
}

function countOf(text = '1'): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new GatewayError('USAGE', '--min-uses takes a whole number from 1 on.');
}

import { type Command, Option } from 'commander';
import type { Grouping } from '../audit/query/call-statistics.ts';
import type { RecordQuery } from '../audit/query/record-filter.ts';
import { GatewayError } from '../shared/errors.ts';
import type { HeadFlags } from './audit-head.ts';
import { type CommandFlags, settingsFrom } from './flags.ts';
import { fail } from './output.ts';

export function registerAudit(program: Command): void {
  const audit = program
    .command('audit')
    .description('see, count and check the calls in the audit log')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway audit show --decision deny --since 1h');
  registerShow(audit);
  registerStats(audit);
  registerVerify(audit);
  registerHead(audit);
}

type QueryFlags = Omit<RecordQuery, 'since' | 'until'> &
  Pick<CommandFlags, 'auditLog'> & { readonly since?: string; readonly until?: string; readonly json?: boolean };

type ShowFlags = QueryFlags & { readonly limit?: string; readonly follow?: boolean; readonly csv?: boolean };

const DECISIONS = ['allow', 'deny', 'error'];

function withQuery(command: Command): Command {
  return command
    .option('--agent <name>', 'agent whose rules applied; names may be patterns as in the rules')
    .option('--server <name>', 'name of the server')
    .option('--tool <name>', 'name of the tool or prompt, or URI of the resource')
    .option('--principal <name>', 'who connected')
    .addOption(new Option('--decision <what>', 'decision about the call').choices(DECISIONS))
    .option('--rule <path>', 'rule that decided, or the beginning of its path')
    .option('--code <code>', 'error code, e.g. TIMEOUT')
    .option('--since <when>', 'calls since then: 30m, 12h, 7d, 4w ago, or a date in UTC')
    .option('--until <when>', 'calls before then, in the same form')
    .option('--audit-log <file>', 'audit log (GATEWAY_AUDIT_LOG)');
}

async function queryOf(flags: QueryFlags): Promise<RecordQuery> {
  const { instantBefore } = await import('./since.ts');
  const { agent, server, tool, principal, decision, rule, code, since, until } = flags;
  const now = Date.now();
  return {
    ...{ agent, server, tool, principal, rule },
    decision: decision?.toUpperCase(),
    code: code?.toUpperCase(),
    since: since === undefined ? undefined : instantBefore(since, now),
    until: until === undefined ? undefined : instantBefore(until, now, '--until'),
  };
}

function registerShow(audit: Command): void {
  const command = audit
    .command('show')
    .description('show past calls, the newest first, or calls as they happen')
    .argument('[request]', 'id of a request: show everything about it');
  withQuery(command)
    .option('--limit <number>', 'most calls to show (default: 50, 10 with --follow, all with --since)')
    .option('--follow', 'go on with calls as they end, until Ctrl-C')
    .option('--json', 'print JSON; a line for each call with --follow')
    .option('--csv', 'print CSV')
    .addHelpText(
      'after',
      `
Each line: decision, time (UTC), agent, server, tool, duration, request, and why
it was denied or failed. OPEN is a call whose end is not recorded: it runs, or
its gateway was killed.

Examples:
  $ agent-mcp-gateway audit show --decision deny --since 1h
  $ agent-mcp-gateway audit show --server files --tool 'write_*' --csv
  $ agent-mcp-gateway audit show --follow`,
    )
    .action(async (request: string | undefined, flags: ShowFlags) => {
      try {
        const { showCommand, showRequest } = await import('./audit-show.ts');
        const { auditLog } = settingsFrom(flags);
        const form = flags.json === true ? 'json' : flags.csv === true ? 'csv' : 'text';
        if (request !== undefined) return showRequest(auditLog, request, form);
        const { wholeNumber } = await import('./whole-number.ts');
        const follow = flags.follow === true;
        const usual = flags.since === undefined ? (follow ? 10 : 50) : undefined;
        const limit = flags.limit === undefined ? usual : wholeNumber('--limit', flags.limit, 0);
        await showCommand(auditLog, { query: await queryOf(flags), limit, follow, form });
      } catch (error) {
        fail(error);
      }
    });
}

const GROUPINGS: readonly Grouping[] = ['agent', 'server', 'tool', 'rule', 'code', 'day'];

function registerStats(audit: Command): void {
  const command = audit
    .command('stats')
    .description('count past calls: how many, denied, failed, and how long they took');
  withQuery(command)
    .addOption(new Option('--by <what>', 'what to group by').choices(GROUPINGS).default('tool'))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Durations are those of calls that were let through, to within 2.5 %: p50 and p95
of whole calls, and as queue, serving and gateway the 95th percentile of the
time until a call could be sent, until its server had answered, and in the
gateway. Tokens are those that agents read, estimated. Refusals
that were recorded together count one by one; what they were about is known for
--by code and --by rule alone.

Example:
  $ agent-mcp-gateway audit stats --by rule --decision deny --since 7d`,
    )
    .action(async (flags: QueryFlags & { readonly by: Grouping }) => {
      try {
        const { statsCommand } = await import('./audit-stats.ts');
        statsCommand(settingsFrom(flags).auditLog, await queryOf(flags), flags.by, flags.json === true);
      } catch (error) {
        fail(error);
      }
    });
}

function registerVerify(audit: Command): void {
  audit
    .command('verify')
    .description('check that no record was changed or removed, and say where')
    .argument('[file...]', 'logs, each with its rotated files (default: the audit log of the gateway)')
    .option('--against <heads>', 'file with heads that were kept elsewhere')
    .option('--key <file>', 'PEM file of the key that signed them, or of its public half')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  $ agent-mcp-gateway audit verify

Every gateway process chains its records. A record that was changed, removed,
doubled or moved is located. Records cut off the end of a chain leave no trace
in it, and nor does a log that was written anew: --against compares it with
heads ("audit head"). The log may be in use meanwhile.
Files that another program made of the log are read with it:
  $ agent-mcp-gateway audit verify audit.jsonl audit.jsonl.1
Exit status: 0 intact, 1 changed or removed, 2 if a file cannot be read,
3 intact but not complete: another program (logrotate, say) took records out of
the log, and the gateway recorded that it did; or the gateway did itself, and no
head confirms that yet (--against).`,
    )
    .action(async (files: string[], flags: VerifyFlags) => {
      try {
        const { verifyCommand } = await import('./audit-run.ts');
        if (flags.key !== undefined && flags.against === undefined)
          throw new GatewayError(
            'USAGE',
            '--key says who signed heads: name the file that has them, too (--against FILE).',
          );
        const heads = flags.against === undefined ? undefined : await headsIn(flags.against, flags.key);
        verifyCommand(files, { json: flags.json === true, heads });
      } catch (error) {
        fail(error);
      }
    });
}

interface VerifyFlags {
  readonly json?: boolean;
  readonly against?: string;
  readonly key?: string;
}

async function headsIn(path: string, key: string | undefined) {
  const { keptHeads } = await import('./audit-head.ts');
  return keptHeads(settingsFrom({}), path, key);
}

function registerHead(audit: Command): void {
  audit
    .command('head')
    .description('sign how far each chain has got, for a place where nobody can change it')
    .option(
      '--to <place>',
      'whole path of a file to append to, https address, syslog://host:514 or syslog+tcp://host:601',
    )
    .option('--key <file>', 'PEM file with an Ed25519 key; made where there is none (GATEWAY_AUDIT_HEAD_KEY)')
    .option('--public', 'print the public half of the key, and do nothing else')
    .option('--audit-log <file>', 'audit log (GATEWAY_AUDIT_LOG)')
    .addHelpText(
      'after',
      `
Prints the head without --to. A gateway sends heads by itself where
GATEWAY_AUDIT_HEADS says to which places. "audit verify --against" finds with
them whether the end of the log was cut off, or all of it written anew.

Examples:
  $ agent-mcp-gateway audit head --public
  $ agent-mcp-gateway audit head --to /mnt/elsewhere/heads.jsonl`,
    )
    .action(async (flags: HeadFlags & Pick<CommandFlags, 'auditLog'>) => {
      try {
        const { headCommand } = await import('./audit-head.ts');
        await headCommand(settingsFrom(flags), flags);
      } catch (error) {
        fail(error);
      }
    });
}

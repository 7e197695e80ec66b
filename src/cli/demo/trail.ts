/** The records of the demo in the audit log. */
import { readFile } from 'node:fs/promises';
import { verifyLog } from '../../audit/verify-log.ts';
import type { Figures } from './figures.ts';
import { must } from './must.ts';
import type { Narrator } from './narrator.ts';

interface Line {
  readonly timestamp: string;
  readonly agent_id: string | null;
  readonly operation: string;
  readonly request_id: string;
  readonly server: string | null;
  readonly tool: string | null;
  readonly decision: string;
  readonly phase: string;
  readonly rule: string | null;
  readonly assurance: string;
  readonly writer: string;
}

/** @throws GatewayError INTERNAL where the log is not as it should be */
export async function readTrail(path: string, { step, line }: Narrator): Promise<Figures['audit']> {
  step('All of it is in the audit log, one JSON line per record');
  const lines = (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Line);
  const calls = lines.filter(({ operation, phase }) => operation === 'execute_tool' && phase === 'finished');
  for (const { timestamp, agent_id, decision, server, tool, rule, assurance } of calls) {
    const what = `${server}.${tool}`.padEnd(24);
    line(`${timestamp.slice(11, 23)}  ${decision.padEnd(5)}  ${agent_id?.padEnd(7)}  ${what}  ${rule} (${assurance})`);
  }
  const writers = new Set(lines.map(({ writer }) => writer)).size;
  const { ok } = verifyLog(path);
  must(ok && writers === 2, 'the audit log of both gateways is whole');
  // A call is forwarded only after this record is written.
  const forwarded = new Set(lines.flatMap(({ phase, request_id }) => (phase === 'decided' ? [request_id] : [])));
  for (const { decision, request_id, agent_id, rule } of calls) {
    must(forwarded.has(request_id) === (decision === 'ALLOW'), 'allowed calls were forwarded, and no others');
    must(agent_id !== null && rule !== null, 'every call has its agent and its rule in the log');
  }
  line(`${lines.length} records of ${writers} gateways; each names the one before, and the chain is whole.`);
  return { records: lines.length, writers, intact: ok };
}

/** Notifications of a client that the gateway does not know: what passes to the one server of a view, and what does not. */

import type { AuditRecord } from '../audit/audit-record.ts';
import { eventRecord } from '../audit/event-record.ts';
import type { Caller, Connection } from '../pipeline/caller.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { tenantOf } from '../pipeline/tenant.ts';
import { decideUnderCeiling } from '../policy/ceiling.ts';
import type { NotificationMessage } from '../protocol/json-rpc.ts';
import { GatewayError } from '../shared/errors.ts';
import { relayedMembers } from '../upstream/rpc/response-text.ts';
import type { SessionState } from './session.ts';

/** Names of extensions have a domain in them, e.g. `notifications/com.example/hello`. All others are reserved for MCP itself. */
const OF_EXTENSION = /^(?:notifications\/)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\//;

/**
 * Sends a notification of an extension on to the server of a view, under the rules and limits, once its record is written. What is
 * not sent on leaves a record of a refusal. Never rejects.
 */
export async function passNotification(
  parts: PipelineDependencies,
  name: string,
  connection: Connection,
  session: SessionState,
  { method, text, params }: NotificationMessage,
): Promise<void> {
  const snapshot = parts.snapshot();
  const about = {
    operation: 'notification',
    request_id: parts.nextRequestId(),
    principal: connection.principal,
    server: name,
    detail: { method: method.slice(0, 128) },
  };
  let caller: Caller | undefined;
  try {
    caller = connection.resolve(snapshot, undefined);
    const done = await parts.limiter.admit(snapshot, caller, () => Buffer.byteLength(text));
    done?.(() => 0);
    const decision = decideUnderCeiling(snapshot.policy, caller, name, undefined);
    const server = snapshot.servers.get(name);
    if (decision.effect !== 'allow') {
      // Nobody can be asked about what has no answer.
      const code = decision.allowed ? 'APPROVAL_PENDING' : 'DENIED_BY_POLICY';
      throw new GatewayError(code, decision.rule, { data: { rule: decision.rule } });
    }
    if (!OF_EXTENSION.test(method)) throw new GatewayError('METHOD_NOT_FOUND', 'The notification is of no extension.');
    if (server === undefined) throw new GatewayError('SERVER_UNAVAILABLE', 'There is no such server.');
    const { agent, assurance } = caller;
    await parts.audit.append(
      eventRecord({
        ...about,
        decision: 'ALLOW',
        agent_id: agent,
        assurance,
        rule: decision.rule,
        shadow: decision.shadowed,
      }),
    );
    const tenant = tenantOf({ connection, client: { session: session.id, ...session.offered } }, agent);
    const members = params === undefined ? '' : relayedMembers(text, params, () => true).members;
    parts.upstreams.notify(server, tenant, method, members);
  } catch (error) {
    refuse(parts, eventRecord({ ...about, decision: 'DENY', agent_id: caller?.agent ?? null }), error);
  }
}

function refuse({ audit, log, metrics }: PipelineDependencies, record: AuditRecord, error: unknown): void {
  const code = error instanceof GatewayError ? error.code : 'INTERNAL';
  if (code === 'INTERNAL') log.error({ err: error }, 'a notification could not be passed on');
  metrics
    .counter('refused_notifications_total', 'Notifications of clients that were not passed on.', ['code'])
    .inc({ code });
  const rule = error instanceof GatewayError ? error.data?.['rule'] : undefined;
  audit.refuse({ ...record, error_code: code, rule: typeof rule === 'string' ? rule : null })?.catch(() => {});
}

import type { Settings } from '../config/settings.ts';
import { createGateway } from '../gateway/gateway.ts';
import { isSplitFor } from '../operations/gateway-tools/executor-choice.ts';
import type { GatewayTool, ToolAnswer } from '../operations/operation.ts';
import type { CallOutcome, Connection, Inbound } from '../pipeline/caller.ts';
import { callTool, runInner } from '../pipeline/tool-call.ts';
import { parseMessage } from '../protocol/json-rpc.ts';
import { silentClient } from '../relay/calling-client.ts';
import { Canceller } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import { closeOnInterruption } from './interruption.ts';

interface LocalClient {
  /** Calls one of the gateway's tools as whoever runs this command. */
  call<T>(tool: string, args: Record<string, unknown>): Promise<T>;
  /** The same with a tool that no client is shown. */
  run<T>(tool: GatewayTool, args: Record<string, unknown>): Promise<T>;
  /** True if the agent of these calls has no `execute_tool`, but one tool for each access. */
  isSplit(): boolean;
  close(): Promise<void>;
}

/** A gateway without a transport, for one command. @throws GatewayError as `createGateway` */
export async function openClient(settings: Settings): Promise<LocalClient> {
  const gateway = await createGateway(settings, { watch: false, quiet: 'news' });
  const takeBack = closeOnInterruption(() => gateway.stop(0));
  const connection = gateway.localConnection();
  return {
    async call<T>(name: string, args: Record<string, unknown>): Promise<T> {
      return resultOf<T>(await callTool(gateway.parts, inboundOf(connection, name, args)));
    },
    async run<T>(tool: GatewayTool, args: Record<string, unknown>): Promise<T> {
      return resultOf<T>((await runInner(gateway.parts, inboundOf(connection, tool.name, args), tool)).answer);
    },
    isSplit() {
      const snapshot = gateway.parts.snapshot();
      try {
        return isSplitFor(snapshot, connection.resolve(snapshot, undefined).agent);
      } catch (error) {
        if (error instanceof GatewayError) return false;
        throw error;
      }
    },
    close: () => gateway.stop(0).finally(takeBack),
  };
}

function inboundOf(connection: Connection, name: string, args: Record<string, unknown>): Inbound {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });
  const message = parseMessage(text, 'caller');
  if (message.kind !== 'request') throw new GatewayError('INVALID_ARGUMENTS', 'The arguments cannot be sent.');
  const { params } = message;
  const signal = new Canceller().signal;
  return { connection, text, params, signal, onProgress: undefined, client: silentClient('modern') };
}

function resultOf<T>(outcome: CallOutcome | ToolAnswer): T {
  if (outcome.kind === 'result') return JSON.parse(outcome.body.text) as T;
  throw new GatewayError('INTERNAL', `The server answered with error ${outcome.code}: ${outcome.message}`);
}

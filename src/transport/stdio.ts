/** stdio: one newline-delimited JSON-RPC message per line, nothing else on stdout (both eras, basic/transports). */
import type { Readable } from 'node:stream';
import { parseLarge, parseMessage } from '../protocol/json-rpc.ts';
import { createLineReader, type LineHandlers } from '../protocol/line-splitter.ts';
import { IdFinder, idsIn } from '../protocol/request-id.ts';
import { decodeLarge } from '../shared/large-text.ts';
import { createInOrder } from '../shared/ordered-jobs.ts';
import { StdioConnection, type StdioConnectionOptions } from './stdio-connection.ts';

interface StdioOptions extends StdioConnectionOptions {
  readonly input: Readable;
  /** Bytes that one message may have. */
  readonly maxMessageBytes: number;
  /** The client closed its end, or stdout broke: time to stop. */
  readonly ended: (reason: 'stdin closed' | 'stdout broken') => void;
}

export type StdioTransport = Pick<StdioConnection, 'refuseRequests' | 'idle' | 'abort'>;

/** Reads and answers the messages of the client at the other end of a pair of streams. */
export function serveStdio(options: StdioOptions): StdioTransport {
  const { input, output, log, maxMessageBytes } = options;
  const client = new StdioConnection(options);
  const failed = (error: unknown): void => log.error({ err: error }, 'a message could not be answered');
  const order = createInOrder(input, failed);
  /** The next message waits until this one is read, not until it is answered. */
  const receiveLarge = async (bytes: Buffer): Promise<void> => {
    const message = await parseLarge(await decodeLarge(bytes), 'caller');
    void client.receive(message).catch(failed);
  };
  const reader = createLineReader(
    {
      line: (text) => order.run(() => void client.receive(parseMessage(text, 'caller')).catch(failed)),
      large: (bytes) => order.run(() => receiveLarge(bytes)),
      ...refuseUnreadable(client, maxMessageBytes),
    },
    maxMessageBytes,
  );
  input.on('data', (chunk: Buffer) => reader.push(chunk));
  input.once('end', () => order.run(() => options.ended('stdin closed')));
  input.once('error', () => options.ended('stdin closed'));
  output.once('error', () => options.ended('stdout broken'));
  return client;
}

/** Answers lines that are too long or no UTF-8, under the id that their request has. */
function refuseUnreadable(client: StdioConnection, maxMessageBytes: number): Pick<LineHandlers, 'broken' | 'dropped'> {
  /** Of the message that is being dropped, until it is answered: many clients write the id last. */
  let ids: IdFinder | undefined;
  return {
    broken(reason, line) {
      if (reason === 'too long') ids = new IdFinder();
      else {
        const message = 'The message is not valid UTF-8.';
        const responseId = line && idsIn(line).responseId;
        client.refuse({ id: 'null', code: 'PARSE_ERROR', message, responseId });
      }
      return true;
    },
    dropped(piece, isEnd) {
      ids?.push(piece);
      if (ids === undefined || !(isEnd || ids.isHopeless)) return;
      const message = `The message is longer than ${maxMessageBytes} bytes.`;
      client.refuse({ id: ids.id(), code: 'INVALID_REQUEST', message, responseId: ids.responseId() });
      ids = undefined;
    },
  };
}

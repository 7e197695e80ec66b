/** Places to which heads are sent: a file, on another mount say, an address that takes a POST, or a syslog server. */

import { createSocket } from 'node:dgram';
import { constants } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import process from 'node:process';
import { GatewayError } from '../../shared/errors.ts';
import { parseUrl } from '../../shared/parse-url.ts';
import { systemCode } from '../../shared/system-code.ts';

export interface HeadTarget {
  /** As somebody named it, without what may be secret. */
  readonly name: string;
  /** @throws GatewayError SERVER_UNAVAILABLE, CANNOT_WRITE */
  send(line: string): Promise<void>;
}

/** Posts a body; rejects unless the other side took it. */
type Post = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<void>;

/** Milliseconds for a syslog server. */
const SYSLOG_MS = 5_000;
/** Characters that a message of UDP takes everywhere. */
const MAX_UDP = 60_000;
/** Facility 13 (log audit), severity 5 (notice). RFC 5424, 6.2.1 */
const PRIORITY = 13 * 8 + 5;

/** @throws GatewayError USAGE for what is no place */
export function headTarget(text: string, post: Post): HeadTarget {
  if (isAbsolute(text)) return { name: text, send: (line) => append(text, line) };
  const parsed = parseUrl(text);
  const url = parsed?.hostname === '' ? undefined : parsed;
  const name = url === undefined ? text : `${url.protocol}//${url.host}`;
  switch (url?.protocol) {
    case 'https:':
    case 'http:':
      return { name, send: (line) => post(text, {}, line) };
    case 'syslog:':
      return { name, send: (line) => sendUdp(url, name, line) };
    case 'syslog+tcp:':
      return { name, send: (line) => sendTcp(url, name, line) };
    default:
      throw new GatewayError(
        'USAGE',
        'Heads go to the whole path of a file, an http or https address, syslog://host:514 or syslog+tcp://host:601.',
      );
  }
}

/** A pipe that nobody reads is an error at once: it would hold a thread, and with it the end of this process. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

async function append(path: string, line: string): Promise<void> {
  try {
    await appendFile(path, `${line}\n`, { mode: 0o600, flag: FLAGS });
  } catch (cause) {
    throw new GatewayError('CANNOT_WRITE', `${path} cannot be written (${systemCode(cause) ?? 'unknown error'}).`, {
      cause,
    });
  }
}

/** One message, RFC 5424. */
function syslogMessage(line: string): string {
  const host = hostname().replace(/[^!-~]/g, '') || '-';
  return `<${PRIORITY}>1 ${new Date().toISOString()} ${host} agent-mcp-gateway ${process.pid} audit_head - ${line}`;
}

/** RFC 5426. Nobody says whether it arrived. */
function sendUdp({ hostname: host, port }: URL, name: string, line: string): Promise<void> {
  const message = syslogMessage(line);
  if (message.length > MAX_UDP) {
    return Promise.reject(new GatewayError('USAGE', `The head is too long for ${name}: use syslog+tcp, or a file.`));
  }
  const address = bare(host);
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const end = (cause: Error | null): void => {
      socket.close();
      if (cause === null) resolve();
      else reject(unreachable(name, cause));
    };
    socket.once('error', end);
    socket.send(message, Number(port || 514), address, end);
  });
}

/** RFC 6587, with the length before each message. */
function sendTcp({ hostname: host, port }: URL, name: string, line: string): Promise<void> {
  const message = syslogMessage(line);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: bare(host), port: Number(port || 601) });
    const late = setTimeout(() => socket.destroy(new Error('it took too long')), SYSLOG_MS);
    socket.once('error', (cause) => reject(unreachable(name, cause)));
    // Closed by the other side once it has read all.
    socket.once('close', () => {
      clearTimeout(late);
      resolve();
    });
    socket.resume().end(`${Buffer.byteLength(message)} ${message}`);
  });
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function unreachable(name: string, cause: Error): GatewayError {
  return new GatewayError('SERVER_UNAVAILABLE', `${name} cannot be reached (${systemCode(cause) ?? cause.message}).`, {
    cause,
  });
}

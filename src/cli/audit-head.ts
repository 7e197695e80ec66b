/** Runs `audit head`, and reads heads for `audit verify`. */
import { resolve } from 'node:path';
import process from 'node:process';
import { headKeyPath, openHeadKey, publicPem, readHeadKey } from '../audit/heads/head-key.ts';
import { headTarget } from '../audit/heads/head-targets.ts';
import { type ChainHead, type HeadStatement, readSignedHead, signHead } from '../audit/heads/signed-head.ts';
import { parseLine } from '../audit/parse-line.ts';
import { readLines } from '../audit/read-lines.ts';
import { closeAll, openAll, verifyLog } from '../audit/verify-log.ts';
import type { Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import { readToEnd, whyNotRead } from '../shared/open-to-read.ts';
import { systemCode } from '../shared/system-code.ts';
import { postText } from '../upstream/channel/post-text.ts';
import { print, printText, say } from './output.ts';

export interface HeadFlags {
  readonly to?: string;
  readonly key?: string;
  readonly public?: boolean;
}

/** @throws GatewayError USAGE, CANNOT_WRITE, SERVER_UNAVAILABLE */
export async function headCommand(settings: Settings, { to, key: file, public: isPublic }: HeadFlags): Promise<void> {
  const key = openHeadKey(file === undefined ? headKeyPath(settings) : resolve(file));
  if (isPublic === true) return printText(publicPem(key));
  const target = to === undefined ? undefined : headTarget(to, postText);
  const writers = lastRecords(settings.auditLog);
  const line = signHead(key, settings.auditLog, { at: new Date().toISOString(), writers });
  if (target === undefined) print(line);
  else {
    await target.send(line);
    say(`Sent to ${target.name}.`);
  }
  // Only now: a head of a log that was changed is evidence too, and nobody should be able to keep it from being sent by a change.
  if (verifyLog(settings.auditLog).ok) return;
  say(`The audit log ${settings.auditLog} is NOT intact: "agent-mcp-gateway audit verify" says where.`);
  process.exitCode = 1;
}

/** The last record of each writer in a log and its rotated files. @throws GatewayError USAGE */
function lastRecords(log: string): readonly ChainHead[] {
  const heads = new Map<string, ChainHead>();
  try {
    const { files } = openAll(log);
    try {
      for (const { fd } of files) {
        for (const { bytes } of readLines(fd)) {
          const line = bytes?.length === 0 ? undefined : parseLine(bytes);
          if (line?.kind === 'intact') heads.set(line.writer, { writer: line.writer, seq: line.seq, hash: line.hash });
        }
      }
    } finally {
      closeAll(files);
    }
  } catch (error) {
    throw unreadable('audit log', log, error);
  }
  return [...heads.values()];
}

/** Heads that somebody kept in a file. @param key file of the key that signed them. @throws GatewayError USAGE, also where one is forged */
export function keptHeads(settings: Settings, path: string, key: string | undefined): readonly HeadStatement[] {
  const signer = readHeadKey(key === undefined ? headKeyPath(settings) : resolve(key));
  const lines = textOf(path).split('\n');
  const heads = lines.flatMap((line, index) => {
    const head = readSignedHead(signer, line);
    if (head !== 'forged') return head === undefined ? [] : [head];
    throw new GatewayError(
      'USAGE',
      `${path}:${index + 1} is no head that this key signed: it was changed, or another key signed it (--key FILE).`,
    );
  });
  if (heads.length > 0) return heads;
  throw new GatewayError('USAGE', `${path} has no heads: name a file with what "audit head" prints, in UTF-8.`);
}

function textOf(path: string): string {
  try {
    return readToEnd(path);
  } catch (error) {
    throw unreadable('file with heads', path, error);
  }
}

function unreadable(what: string, path: string, error: unknown): Error {
  const code = systemCode(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  return new GatewayError('USAGE', `${whyNotRead(code)} ${what} ${path}.`);
}

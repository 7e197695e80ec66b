/** For tests: records and logs to put them in. */
import fs, { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type AuditEvent, type AuditOptions, openAudit } from './audit-log.ts';
import type { AuditRecord } from './audit-record.ts';
import type { AuditFs } from './file-system.ts';

export function recordOf(fields: Partial<AuditRecord> = {}): AuditRecord {
  return {
    operation: 'execute_tool',
    phase: 'decided',
    decision: 'ALLOW',
    request_id: 'r-1',
    principal: 'local',
    claimed_agent: 'researcher',
    agent_id: 'researcher',
    assurance: 'claim',
    server: 'brave-search',
    tool: 'brave_web_search',
    rule: 'agents.researcher.allow.servers[0]',
    error_code: null,
    latency_ms: 1.5,
    ...fields,
  };
}

/** A directory that goes with the test. */
export function tempDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'audit-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A log in a directory of its own, closed with the test. */
export function openTestAudit(options: Partial<AuditOptions> = {}) {
  const path = options.path ?? join(tempDirectory(), 'logs', 'audit.jsonl');
  const events: AuditEvent[] = [];
  const audit = openAudit({ path, redact: (text) => text, onEvent: (event) => events.push(event), ...options });
  onTestFinished(() => audit.close());
  return { audit, path, events };
}

export function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

export function recordsOf(path: string): Record<string, unknown>[] {
  return linesOf(path).map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The real file system, with some functions replaced. */
export function faulty(faults: Partial<AuditFs>): AuditFs {
  return { ...fs, ...faults };
}

/** The error that the system throws. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/**
 * A writeSync that asks first.
 * @param decide gets a function that writes the first `length` bytes (default all) and says how many it wrote.
 */
export function overWrites(
  decide: (write: (length?: number) => number, bytes: Buffer) => number,
): AuditFs['writeSync'] {
  const replacement = (fd: number, bytes: Buffer, offset = 0, length = bytes.length - offset): number =>
    decide((limit = length) => fs.writeSync(fd, bytes, offset, Math.min(limit, length)), bytes.subarray(offset));
  return replacement as AuditFs['writeSync'];
}

/** What the scenarios share: the worker fixture, counting what was executed, a table of what was measured. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { linesOf } from '../support/home.ts';

/** The whole suite (`npm run test:chaos`) instead of the short version in `npm test`. */
export const FULL: boolean = process.env.CHAOS === 'full';

/** A number of rounds: the second in the short version. */
export function rounds(full: number, short: number): number {
  return FULL ? full : short;
}

/**
 * A limit in milliseconds. The short version runs beside other tests, on machines that do something else as well: there it only
 * shows that the thing is bounded.
 */
export function limit(ms: number): number {
  return FULL ? ms : 10 * ms;
}

export const workerPath: string = fileURLToPath(new URL('fixtures/worker.mjs', import.meta.url));
export const httpWorkerPath: string = fileURLToPath(new URL('fixtures/http-worker.mjs', import.meta.url));
export const clientPath: string = fileURLToPath(new URL('fixtures/client.mjs', import.meta.url));

/** An entry that runs the worker. */
export function worker(env: Readonly<Record<string, string>> = {}, more: object = {}): Record<string, unknown> {
  return { command: process.execPath, args: [workerPath], env, ...more };
}

/** Rules that allow everything to an agent `any`. */
export const ANY = { agents: { any: { allow: { servers: ['*'] } } } };

/** Ids that a fixture executed more than once. */
export function executedTwice(file: string): string[] {
  const seen = new Set<string>();
  return linesOf(file).filter((id) => seen.size === seen.add(id).size);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/**
 * How steeply the points rise: the median of the slopes of all pairs (Theil and Sen), so that a few samples that were taken at a
 * bad moment decide nothing, and growth that goes on does.
 */
export function slope(points: readonly (readonly [number, number])[]): number {
  const slopes = points.flatMap(([x, y], at) =>
    points.slice(at + 1).flatMap(([later, value]) => (later > x ? [(value - y) / (later - x)] : [])),
  );
  return quantile(slopes, 0.5);
}

/** Resident memory of a process in MiB; `peak` for the most it ever had. */
export function memoryOf(pid: number, peak = false): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = new RegExp(`^${peak ? 'VmHWM' : 'VmRSS'}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  return Number(kib) / 1024;
}

export function file(home: { readonly dir: string }, name: string): string {
  return path.join(home.dir, name);
}

/** Process ids that a fixture wrote down, newest last. */
export function pidsIn(file: string): number[] {
  return existsSync(file) ? linesOf(file).map(Number) : [];
}

interface Row {
  readonly scenario: string;
  readonly measure: string;
  readonly limit: string;
  readonly value: string;
}

const rows: Row[] = [];

/** One line of the table. */
export function record(scenario: string, measure: string, limit: string, value: string | number): void {
  const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
  rows.push({ scenario, measure, limit, value: text });
}

/** Prints what was recorded since the last time. */
export function printTable(): void {
  const columns = ['scenario', 'measure', 'limit', 'value'] as const;
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]): string => cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ');
  const table = [line(columns), ...rows.map((row) => line(columns.map((column) => row[column])))];
  process.stdout.write(`\n${table.join('\n')}\n`);
  rows.length = 0;
}

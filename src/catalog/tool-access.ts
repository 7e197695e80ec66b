import { accessOfAnnotations } from '../policy/access-levels.ts';
import type { Policy } from '../policy/compile-rules.ts';
import type { Access, CallFacts } from '../policy/rules-data.ts';
import { labelsOfTool } from '../policy/trust-annotations.ts';
import type { ToolEntry } from './tool-entry.ts';

const levels = new WeakMap<ToolEntry, Access>();

/** The access of a tool, as its server says. */
export function accessOfTool(entry: ToolEntry): Access {
  let access = levels.get(entry);
  if (access === undefined) {
    access = accessOfAnnotations(entry.annotations);
    levels.set(entry, access);
  }
  return access;
}

/** True if a tool only reads, as its owner says or else its server. */
export function onlyReads(policy: Pick<Policy, 'accessOf'>, server: string, tool: string, entry: ToolEntry): boolean {
  return policy.accessOf(server, tool, accessOfTool(entry)) === 'read';
}

/** The labels of what a tool touches, as its server says. */
export function saidLabels(entry: ToolEntry): readonly string[] {
  return labelsOfTool(entry.annotations);
}

/** The facts of a call where the question is whether an agent may see a tool, whatever it would call it with. */
export function listingFacts(entry: ToolEntry | undefined): CallFacts {
  return entry === undefined ? UNLISTED : LISTINGS[accessOfTool(entry)];
}

const UNLISTED: CallFacts = { args: 'any' };
const LISTINGS: Readonly<Record<Access, CallFacts>> = {
  read: { args: 'any', access: 'read' },
  write: { args: 'any', access: 'write' },
  destructive: { args: 'any', access: 'destructive' },
  unknown: { args: 'any', access: 'unknown' },
};

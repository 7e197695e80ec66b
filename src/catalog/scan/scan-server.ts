/** Scans what a server says: its tools, prompts, templates and instructions, with what other servers call theirs. */

import { byLevel, type Finding, levelOfFindings } from './finding.ts';
import { foldText } from './fold-text.ts';
import { disguiseOf, imitationOf, skeletonOf } from './imitated-names.ts';
import { type ScannedDefinition, scanDefinition } from './scan-definition.ts';
import type { Steps } from './tokens.ts';

/** The tools of another server. */
export interface ServerBeside {
  readonly server: string;
  readonly tools: readonly { readonly name: string; readonly description?: string | undefined }[];
}

export interface ServerScan {
  readonly server: string;
  readonly definitions: readonly Omit<ScannedDefinition, 'server'>[];
  /** Of the other servers. */
  readonly others: readonly ServerBeside[];
  readonly steps?: Steps;
}

/** The findings, the most serious first. */
export function scanServer(scan: ServerScan): Finding[] {
  return inOrder([...scanSteps(scan)].flat());
}

/** The most serious first. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(byLevel);
}

/** The findings of one definition after another. */
export function* scanSteps({ server, definitions, others, steps = { count: 0 } }: ServerScan): Generator<Finding[]> {
  const names = namesIn(definitions, others);
  const lookAlikes = lookAlikesOf(others.filter((other) => !isSameServer(definitions, other)));
  for (const definition of definitions) {
    const found = scanDefinition({ server, ...definition }, { names, steps });
    yield definition.type === 'tool' ? [...found, ...imitations(server, definition, lookAlikes)] : found;
  }
}

/** Tools of one name that make two entries the same program, used twice. */
const TWICE = 3;

function isSameServer(definitions: ServerScan['definitions'], { tools }: ServerBeside): boolean {
  const names = new Set(tools.map(({ name }) => name));
  const own = definitions.filter(({ type }) => type === 'tool');
  const common = own.filter(({ name }) => names.has(name)).length;
  return common >= TWICE && common * 2 > Math.min(own.length, names.size);
}

/** Names that are words are no names of tools in a sentence. */
const NAME = /[_\-.]|[a-z][A-Z]|\d/;

function namesIn(
  definitions: ServerScan['definitions'],
  others: readonly ServerBeside[],
): Map<string, 'OWN_TOOL' | 'OTHER_TOOL'> {
  const names = new Map<string, 'OWN_TOOL' | 'OTHER_TOOL'>();
  for (const { tools } of others) for (const { name } of tools) if (NAME.test(name)) names.set(name, 'OTHER_TOOL');
  for (const { type, name } of definitions) if (type === 'tool') names.set(name, 'OWN_TOOL');
  return names;
}

interface OtherTool {
  readonly server: string;
  readonly tool: string;
  readonly description: string;
}

interface LookAlikes {
  readonly bySkeleton: ReadonlyMap<string, OtherTool>;
  /** By how many letters the skeleton has. */
  readonly byLength: ReadonlyMap<number, readonly OtherTool[]>;
}

/** Tools of other servers that one name is compared with, letter by letter. */
const MAX_COMPARED = 500;

function lookAlikesOf(others: readonly ServerBeside[]): LookAlikes {
  const bySkeleton = new Map<string, OtherTool>();
  const byLength = new Map<number, OtherTool[]>();
  for (const { server, tools } of others) {
    for (const { name: tool, description = '' } of tools) {
      const skeleton = skeletonOf(tool);
      const other = { server, tool, description };
      bySkeleton.set(skeleton, other);
      const same = byLength.get(skeleton.length);
      if (same === undefined) byLength.set(skeleton.length, [other]);
      else if (same.length < MAX_COMPARED) same.push(other);
    }
  }
  return { bySkeleton, byLength };
}

function imitations(
  server: string,
  { name, definition }: ServerScan['definitions'][number],
  { bySkeleton, byLength }: LookAlikes,
): Finding[] {
  // Said of the name itself already.
  if (disguiseOf(name) !== undefined) return [];
  const skeleton = skeletonOf(name);
  const equal = bySkeleton.get(skeleton);
  const near = [-1, 0, 1].flatMap((more) => byLength.get(skeleton.length + more) ?? []);
  for (const other of equal === undefined ? near : [equal]) {
    const imitation = imitationOf(name, other.tool, other.server);
    if (imitation === undefined) continue;
    const isCopy = imitation.weight === 1 && saysTheSame(descriptionOf(definition), other.description);
    const { weight, says: message } = isCopy
      ? { weight: 2, says: `It has the name and the description of ${other.tool} of the server ${other.server}.` }
      : imitation;
    return [
      {
        kind: 'imitated-name',
        level: levelOfFindings(weight),
        server,
        type: 'tool',
        name,
        where: '/name',
        excerpt: name,
        message,
      },
    ];
  }
  return [];
}

function descriptionOf(definition: unknown): string {
  const description =
    typeof definition === 'object' && definition !== null
      ? (definition as { description?: unknown }).description
      : undefined;
  return typeof description === 'string' ? description : '';
}

/** Fewest words that are compared. */
const FEW_WORDS = 4;

/** True if most words of two descriptions are the same. */
function saysTheSame(one: string, other: string): boolean {
  const [mine, its] = [wordSet(one), wordSet(other)];
  const common = [...mine].filter((word) => its.has(word)).length;
  return Math.min(mine.size, its.size) >= FEW_WORDS && common >= 0.7 * Math.max(mine.size, its.size);
}

function wordSet(text: string): Set<string> {
  return new Set(
    foldText(text.slice(0, 2000))
      .toLowerCase()
      .match(/\p{L}+/gu) ?? [],
  );
}

/**
 * The members that the protocol knows, and keys that another parser may take for one of them. Go's encoding/json, and what others
 * configure so, match keys without regard to case and let the last one win: of `name` and `Name` it reads another one than we do.
 * Others leave out `-` and `_` (Go's encoding/json/v2), or take `task_id` for `taskId` and `meta` for `_meta` (pydantic).
 */

import { APPS, TASKS } from './extensions.ts';
import { foldCase } from './fold-case.ts';
import type { Member, ScannedObject, Shape } from './members.ts';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_PREFIX,
  META_RELATED_TASK,
  META_SERVER_INFO,
  META_SUBSCRIPTION,
  META_VERSION,
} from './revisions.ts';

/** The members of one object, and of the objects in it that are looked into. */
interface Names {
  readonly exact: ReadonlySet<string>;
  readonly folded: ReadonlySet<string>;
  /** By their form without what some readers leave out. */
  readonly bare: ReadonlyMap<string, string>;
  readonly inner: ReadonlyMap<string, Names>;
  /** The same names at the index of their length: comparing a key with a few costs less than hashing it. */
  readonly byLength: readonly (readonly KnownName[] | undefined)[];
}

interface KnownName {
  readonly name: string;
  /** Members of its value, where that is looked into. */
  readonly below: Names | undefined;
}

/** Names by object: `{ params: { name: {} } }`. */
interface Tree {
  readonly [name: string]: Tree;
}

const IMPLEMENTATION = treeOf('name title version websiteUrl icons description');
const CAPABILITIES: Tree = {
  experimental: {},
  roots: treeOf('listChanged'),
  sampling: treeOf('context tools'),
  elicitation: treeOf('form url'),
  tasks: { ...treeOf('list cancel'), requests: { sampling: treeOf('createMessage'), elicitation: treeOf('create') } },
  extensions: treeOf(`${TASKS} ${APPS}`),
};

const META: Tree = {
  ...treeOf('progressToken traceparent tracestate baggage claudecode/toolUseId'),
  ...treeOf(`${META_VERSION} ${META_LOG_LEVEL} ${META_SUBSCRIPTION} ${META_SERVER_INFO}`),
  [META_CLIENT_INFO]: IMPLEMENTATION,
  [META_CLIENT_CAPABILITIES]: CAPABILITIES,
  [META_RELATED_TASK]: treeOf('taskId'),
};

/** Of all requests and notifications, in either direction: one list, since none of these means two things. */
const PARAMS: Tree = {
  _meta: META,
  ...treeOf('name arguments uri cursor taskId inputResponses requestState protocolVersion level'),
  ...treeOf('requestId reason progressToken progress total message logger data'),
  ...treeOf('mode url elicitationId requestedSchema'),
  ...treeOf('messages modelPreferences systemPrompt includeContext temperature maxTokens stopSequences metadata tools'),
  ...treeOf('toolChoice roots'),
  ref: treeOf('type name uri title'),
  argument: treeOf('name value'),
  context: treeOf('arguments'),
  task: treeOf('taskId ttl status statusMessage createdAt lastUpdatedAt pollInterval pollIntervalMs ttlMs'),
  notifications: treeOf('toolsListChanged promptsListChanged resourcesListChanged resourceSubscriptions taskIds'),
  capabilities: CAPABILITIES,
  clientInfo: IMPLEMENTATION,
};

export const PARAMS_NAMES: Names = namesOf(PARAMS);

/** A whole message of a caller. What the arguments of a tool hold is between the caller and its server. */
export const MESSAGE_NAMES: Names = namesOf({
  ...treeOf('jsonrpc id method'),
  params: PARAMS,
  result: { _meta: META, ...treeOf('action content roots role model stopReason task tasks nextCursor') },
  error: treeOf('code message data'),
});

export function treeOf(names: string): Tree {
  return Object.fromEntries(names.split(' ').map((name) => [name, {}]));
}

export function namesOf(tree: Tree): Names {
  const names = Object.keys(tree);
  const inner = new Map(
    Object.entries(tree)
      .filter(([, below]) => Object.keys(below).length > 0)
      .map(([name, below]) => [name, namesOf(below)]),
  );
  const byLength: KnownName[][] = [];
  for (const name of names) {
    const sameLength = byLength[name.length] ?? [];
    sameLength.push({ name, below: inner.get(name) });
    byLength[name.length] = sameLength;
  }
  return {
    exact: new Set(names),
    folded: new Set(names.map(foldCase)),
    bare: new Map(names.map((name) => [bareOf(foldCase(name)), name])),
    inner,
    byLength,
  };
}

function knownName({ byLength }: Names, key: string): KnownName | undefined {
  const candidates = byLength[key.length];
  if (candidates === undefined) return undefined;
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[index];
    if (candidate?.name === key) return candidate;
  }
  return undefined;
}

/** Members that mean something without being there: others are refused where they are missing. */
const OPTIONAL: ReadonlySet<string> = new Set(['_meta', 'task', 'cursor', 'inputResponses', 'requestState']);

/** A key without what some readers leave out, or end it with. */
function bareOf(folded: string): string {
  return folded.replace(/[-_\s\p{Cc}]+/gu, '');
}

/** The objects that have to be scanned for their names to be compared. */
export function shapeOf({ inner }: Names): Shape {
  return Object.fromEntries(Array.from(inner, ([name, below]) => [name, shapeOf(below)]));
}

/**
 * Finds a key that is like one that the object should have, or like another one in it, and not spelled like it. Says nothing of
 * keys that stand twice.
 * @param from of callers also what differs in `-` and `_` from a member beside it, or from one that works by being left out;
 *   some servers write their own names beside the protocol's.
 */
export function misspelled(
  { members }: ScannedObject,
  names: Names,
  from: 'caller' | 'server' = 'server',
): Member | undefined {
  let others: Set<string> | undefined;
  for (let index = 0; index < members.length; index++) {
    const member = members[index];
    if (member === undefined) break;
    const { key, object } = member;
    const known = knownName(names, key);
    if (known !== undefined) {
      const found =
        object === undefined || known.below === undefined ? undefined : misspelled(object, known.below, from);
      if (found !== undefined) return found;
      continue;
    }
    const folded = foldCase(key);
    const isReserved = folded.startsWith(META_PREFIX) && !key.startsWith(META_PREFIX);
    if (isReserved || names.folded.has(folded) || others?.has(folded) === true) return member;
    const meant = from === 'caller' ? names.bare.get(bareOf(folded)) : undefined;
    if (meant !== undefined && (OPTIONAL.has(meant) || members.some((other) => other.key === meant))) return member;
    others ??= new Set();
    others.add(folded);
  }
  return undefined;
}

/**
 * True if two readers may find something else in an object: a key that stands twice, or is not spelled as it should be; also in those
 * of its members that are looked into.
 */
export function isAmbiguous(object: ScannedObject, names: Names): boolean {
  return repeats(object, names) || misspelled(object, names) !== undefined;
}

function repeats(object: ScannedObject, names: Names): boolean {
  if (hasRepeatedKey(object)) return true;
  return object.members.some(({ key, object: value }) => {
    const below = value === undefined ? undefined : names.inner.get(key);
    return value !== undefined && below !== undefined && repeats(value, below);
  });
}

/** Keys of an object whose names are compared with those that the protocol knows. */
export const MAX_MEMBERS = 10_000;

/** True if comparing them would take long. */
export function hasTooManyMembers({ members }: ScannedObject, names: Names): boolean {
  if (members.length > MAX_MEMBERS) return true;
  return members.some(({ key, object }) => {
    const below = object === undefined ? undefined : names.inner.get(key);
    return object !== undefined && below !== undefined && hasTooManyMembers(object, below);
  });
}

/** Up to so many members, each is compared with each. */
const FEW_MEMBERS = 8;

/** True if a key stands twice in an object. */
export function hasRepeatedKey({ members }: ScannedObject): boolean {
  if (members.length <= FEW_MEMBERS) {
    for (let index = 1; index < members.length; index++) {
      const key = members[index]?.key;
      for (let before = 0; before < index; before++) if (members[before]?.key === key) return true;
    }
    return false;
  }
  const seen = new Set<string>();
  for (const { key } of members) if (seen.size === seen.add(key).size) return true;
  return false;
}

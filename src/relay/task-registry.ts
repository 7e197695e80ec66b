/**
 * Tasks that servers made for callers, under ids of the gateway's own: nobody but the principal and agent of the call can use
 * one, whatever the ids of the servers look like. In memory, within bounds; what was forgotten is known again by its id (task-seal.ts).
 */
import { randomBytes } from 'node:crypto';
import type { Era } from '../protocol/revisions.ts';
import { detached } from '../shared/detached.ts';
import { within } from '../shared/wait-for.ts';
import type { TaskQuestions } from './task-questions.ts';

const MAX_TASKS = 10_000;
const MAX_PER_OWNER = 1_000;

interface TaskOwner {
  /** Differs between callers that must not reach each other's tasks. */
  readonly owner: string;
  readonly agent: string;
  /** The session, where each has a connection to the server of its own; otherwise undefined. */
  readonly session: string | undefined;
}

export interface Task extends TaskOwner {
  /** The `agent_id` that the call claimed: it stands for the task from then on. */
  readonly claimed: string | undefined;
  readonly server: string;
  readonly tool: string;
  /** The names that the call had for both, where it named a virtual server. */
  readonly named?: { readonly server: string; readonly name: string | undefined } | undefined;
  /** As the server calls it. */
  readonly id: string;
  /** The generation of tasks that it belongs to: that of its server. */
  readonly era: Era;
  /** The time at which its server says that it was made, which tells it from a later one of the same id. */
  readonly createdAt: string | undefined;
  /** The connection on which its server last said so, by what it said of itself; undefined for one that is known by its id alone. */
  seenOn?: WeakRef<object> | undefined;
  /** The session of the 2025 revisions that made it, or asked about it last: it hears how it goes. */
  client?: string | undefined;
}

export interface Tasks {
  /** @returns the id for the caller. Who has too many loses the one that was not asked for longest. */
  keep(task: Task): Promise<string>;
  /** Makes a task known again that is forgotten, or was made before a restart, where its id says all of it. */
  recall(id: string, owner: string): Promise<void>;
  /** A task of this principal; undefined where the id is unknown, forgotten or another's. */
  find(id: string, owner: string): Task | undefined;
  /** The questions of tasks whose callers are of another generation than their servers; loaded when there is one. */
  questions(): Promise<TaskQuestions>;
  /** The ids for callers of a task of a server: several where a server gives one id to several tasks. */
  known(server: string, id: string): Iterable<readonly [string, Task]>;
  /** All tasks of an owner, by their ids for the caller. */
  of(owner: Pick<TaskOwner, 'owner' | 'agent'>): IterableIterator<readonly [string, Task]>;
}

interface TasksOptions {
  readonly max?: number;
  readonly maxPerOwner?: number;
  /** The beginning of ids: names the worker that keeps the task. */
  readonly tag?: string | undefined;
  /** Part of all limits that is this one's, from 0 to 1. */
  readonly share?: number | undefined;
  /** The keys that ids are sealed with, the first of them new ones; none where there is none to be had: then they end with this process. */
  readonly keys?: () => Promise<readonly Uint8Array[]>;
}

const PREFIX = 'task_';
/** Characters of an id that says nothing, after its prefix. */
const UNSEALED = 24;
/** Milliseconds for the key: a keychain may wait for its owner. */
const KEY_MS = 2_000;

export function createTasks(options: TasksOptions = {}): Tasks {
  const { tag = '', share = 1, keys = async () => [] } = options;
  const max = (options.max ?? MAX_TASKS) * share;
  const maxPerOwner = Math.max(1, (options.maxPerOwner ?? MAX_PER_OWNER) * share);
  /** In the order of their use. */
  const tasks = new Map<string, Task>();
  const counts = new Map<string, number>();
  /** The ids for callers, by those of the servers. */
  const exposed = new Map<string, Set<string>>();

  const forget = (id: string, task: Task): void => {
    const { owner } = task;
    tasks.delete(id);
    const place = placeOf(task.server, task.id);
    const ids = exposed.get(place);
    ids?.delete(id);
    if (ids?.size === 0) exposed.delete(place);
    const left = (counts.get(owner) ?? 1) - 1;
    if (left > 0) counts.set(owner, left);
    else counts.delete(owner);
  };

  const forgetOldest = (among: (task: Task) => boolean): void => {
    for (const [id, task] of tasks) {
      if (!among(task)) continue;
      forget(id, task);
      return;
    }
  };

  const remember = (id: string, task: Task): void => {
    const { owner } = task;
    const count = counts.get(owner) ?? 0;
    if (count >= maxPerOwner) forgetOldest((other) => other.owner === owner);
    else if (tasks.size >= max) forgetOldest(() => true);
    tasks.set(id, task);
    const place = placeOf(task.server, task.id);
    exposed.set(place, (exposed.get(place) ?? new Set()).add(id));
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  };

  return {
    questions: lazyQuestions(share),
    async keep(task) {
      const [key] = (await within(keys(), KEY_MS)) ?? [];
      const start = tag + PREFIX;
      const sealed = key && (await import('./task-seal.ts')).sealTask(key, task, start);
      const id = start + (sealed ?? randomBytes(18).toString('base64url'));
      remember(id, detachedTask(task));
      return id;
    },
    async recall(id, owner) {
      if (tasks.has(id)) return;
      const at = id.indexOf(PREFIX) + PREFIX.length;
      if (at < PREFIX.length || id.length - at <= UNSEALED) return;
      const { unsealTask } = await import('./task-seal.ts');
      for (const key of (await within(keys(), KEY_MS)) ?? []) {
        const task = unsealTask(key, id.slice(at), owner, id.slice(0, at));
        if (task !== undefined && !tasks.has(id)) remember(detached(id), task);
      }
    },
    find(id, owner) {
      const task = tasks.get(id);
      if (task?.owner !== owner) return undefined;
      tasks.delete(id);
      tasks.set(id, task);
      return task;
    },
    *known(server, id) {
      for (const one of exposed.get(placeOf(server, id)) ?? []) {
        const task = tasks.get(one);
        if (task !== undefined) yield [one, task];
      }
    },
    *of({ owner, agent }) {
      for (const entry of tasks) if (entry[1].owner === owner && entry[1].agent === agent) yield entry;
    },
  };
}

function lazyQuestions(share: number): Tasks['questions'] {
  let questions: Promise<TaskQuestions> | undefined;
  return () => {
    questions ??= import('./task-questions.ts').then((loaded) => new loaded.TaskQuestions(share));
    return questions;
  };
}

function placeOf(server: string, id: string): string {
  return `${server}\n${id}`;
}

/** It is kept longer than the messages that it came in. */
function detachedTask(task: Task): Task {
  const { claimed, server, tool, id, createdAt } = task;
  return {
    ...task,
    claimed: claimed === undefined ? undefined : detached(claimed),
    server: detached(server),
    tool: detached(tool),
    id: detached(id),
    createdAt: createdAt === undefined ? undefined : detached(createdAt),
  };
}

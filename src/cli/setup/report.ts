/** Plans for `--json`: names, places and reasons, never a value that may be secret. */
import process from 'node:process';
import type { ClientConnection } from '../../setup/connect-plan.ts';
import type { Undone } from '../../setup/execute.ts';
import type { ImportPlan } from '../../setup/import-plan.ts';
import { unset } from '../../setup/merge.ts';
import { summary } from '../../setup/render.ts';

export function importReport({ merged, own, rules, sources, changes, makesRules, inputs }: ImportPlan): object {
  return {
    servers_file: own.servers.path,
    rules_file: own.rules.path,
    servers: merged.servers
      .filter(({ sources: from }) => from.length > 0)
      .map(({ name, entry, isNew, isOff, secrets, sources: from }) => ({
        name,
        is_new: isNew,
        is_off: isOff,
        reached_by: summary(entry),
        from: from.map(({ source, result }) => ({
          client: source.file.client.id,
          file: source.file.path,
          name: result.name,
          ...(source.project === undefined ? {} : { project: source.project }),
        })),
        secrets: secrets.map((secret) => ({ name: secret.name, field: secret.field })),
        not_carried_over: from.flatMap(({ result }) => result.lost),
        needs: unset([...new Set(from.flatMap(({ result }) => result.needs))], process.env),
      })),
    rules: [...(makesRules ? [{ agent: 'default', kind: 'allow', server: '*', tools: ['*'] }] : []), ...rules],
    inputs: inputs.map(({ id, name }) => ({ id, name })),
    left: sources.entries.flatMap(({ file, result }) =>
      result.kind === 'left' && result.reason !== undefined
        ? [{ client: file.client.id, file: file.path, name: result.name, reason: result.reason }]
        : [],
    ),
    not_read: sources.refused,
    not_carried_over: sources.lost.map(({ client, what }) => ({ client: client.id, what })),
    changes: changes.map(({ path }) => path),
  };
}

export function connectionReport(connections: readonly ClientConnection[]): object[] {
  return connections.map(({ client, path, entry, name, removed, kept, refusal, change }) => ({
    client: client.id,
    file: path,
    ...(refusal === undefined
      ? { name, entry: entry ?? null, removed, kept, changes: change !== undefined }
      : { refusal }),
  }));
}

export function undoneReport(undone: readonly Undone[]): object[] {
  return undone.map(({ journal, files }) => ({ run: journal.label, time: journal.time, files }));
}

/** The view of definitions: what waits of each server, field by field, with what the scan finds in it; and accepting it. */
import { type Comparison, compareWithLock, type DefinitionChange } from '../catalog/lock/compare-with-lock.ts';
import { changedFields } from '../catalog/lock/field-changes.ts';
import { findingsIn, textsByKey } from '../catalog/lock/find-suspects.ts';
import type { KeptDefinitions } from '../catalog/lock/kept-definitions.ts';
import { keyParts } from '../catalog/lock/lock-text.ts';
import type { Finding } from '../catalog/scan/finding.ts';
import type { ServerBeside } from '../catalog/scan/scan-server.ts';
import type { Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ChangedDefinition, ServerDefinitionChanges, ServerDefinitions } from '../ui/api.ts';
import { acceptDefinitions } from './accept-definitions.ts';
import { LockedServers } from './locked-servers.ts';

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function definitionsOfAll(settings: Settings): Promise<readonly ServerDefinitions[]> {
  const servers = await LockedServers.open(settings);
  return Promise.all(servers.names.map((name) => summary(servers, name)));
}

async function summary(servers: LockedServers, server: string): Promise<ServerDefinitions> {
  const { kept, same, changes } = await look(servers, server);
  const mode = servers.snapshot.servers.get(server)?.definitions ?? 'record';
  const held = changes.filter((change) => isHeld(servers, server, kept, change)).length;
  return { server, mode, isLocked: servers.lock.has(server), accepted: same, changes: changes.length, held };
}

/** @throws GatewayError as `definitionsOfAll`; USAGE where there is no such server */
export async function changesOf(settings: Settings, server: string): Promise<ServerDefinitionChanges> {
  const servers = await LockedServers.open(settings);
  servers.require(server);
  const { kept, changes, state } = await look(servers, server);
  const findings = changes.length === 0 ? [] : await findingsIn(server, textsNow(kept), await others(servers, server));
  const about = (change: DefinitionChange): readonly Finding[] =>
    findings.filter(({ type, name }) => type === change.kind && [change.name, change.to].includes(name));
  const told = changes.map(
    (change): ChangedDefinition => ({
      kind: change.kind,
      name: change.name,
      what: change.what,
      ...(change.to === undefined ? {} : { to: change.to }),
      isHeld: isHeld(servers, server, kept, change),
      isBeforeKnown: change.before !== undefined,
      fields: changedFields(change),
      findings: change.what === 'removed' ? [] : about(change),
    }),
  );
  return { server, state, changes: told };
}

/** @param by the person who accepts. @throws GatewayError as `acceptDefinitions`; INVALID_PARAMS */
export async function acceptShown(settings: Settings, server: string, body: unknown, by: string): Promise<object> {
  const { names, state } = (body ?? {}) as { readonly names?: unknown; readonly state?: unknown };
  // Without it, something that nobody looked at would be accepted.
  if (typeof state !== 'string') throw new GatewayError('INVALID_PARAMS', 'state must be the id of what was shown.');
  if (!isNames(names)) throw new GatewayError('INVALID_PARAMS', 'names must be a list of names.');
  const servers = await LockedServers.open(settings);
  const { results, fault } = await acceptDefinitions(settings, servers, { server, names, state, by });
  return { accepted: results[0]?.accepted ?? [], removed: results[0]?.removed ?? [], isRecorded: fault === undefined };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

async function look(servers: LockedServers, name: string): Promise<Comparison & { readonly kept: KeptDefinitions }> {
  const kept = await servers.kept(name).read();
  return { kept, ...compareWithLock(servers.lock.get(name), kept) };
}

/** True where agents do not get it until it is accepted. */
function isHeld(servers: LockedServers, server: string, kept: KeptDefinitions, change: DefinitionChange): boolean {
  const mode = servers.snapshot.servers.get(server)?.definitions;
  if (change.what === 'removed') return false;
  if (mode !== undefined) return change.kind !== 'package' || mode === 'exact';
  const key = `${change.kind} ${change.to ?? change.name}`;
  return kept.held.has(key) && kept.held.get(key) === kept.seen.get(key);
}

/** Its current offer. */
function textsNow(kept: KeptDefinitions): ReadonlyMap<string, string> {
  const values = [...kept.seen].filter(([key]) => !kept.gone.has(key));
  return textsByKey(new Map(values), kept.texts);
}

/** The tools of the other servers, as they were seen last. */
async function others(servers: LockedServers, server: string): Promise<readonly ServerBeside[]> {
  const names = [...servers.snapshot.servers.keys()].filter((name) => name !== server);
  return Promise.all(
    names.map(async (name) => {
      const texts = [...textsNow(await servers.kept(name).read())];
      const tools = texts.flatMap(([key, text]) =>
        keyParts(key).kind === 'tool' ? [JSON.parse(text) as ServerBeside['tools'][number]] : [],
      );
      return { server: name, tools };
    }),
  );
}

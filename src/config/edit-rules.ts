/** Changes of the rules file by commands: one member at a time, comments and layout kept, never an invalid file. */
import { realpath, stat } from 'node:fs/promises';
import { escapeText } from '../observe/escape-text.ts';
import { GatewayError } from '../shared/errors.ts';
import { readConfigFile, sha256, writePrivateFile } from './config-files.ts';
import { whileNobodyEdits } from './edit-lock.ts';
import { decodeText } from './file-text.ts';
import { insertMember, removeMember } from './insert-member.ts';
import { parseDocument } from './json-document.ts';
import { loadReaders } from './load-schemas.ts';
import { configError } from './load-snapshot.ts';
import { locateRules } from './locate-files.ts';
import { type ReadRules, readRules } from './rules-file.ts';
import type { Settings } from './settings.ts';
import { addTrusted } from './trusted-files.ts';

const BYTE_ORDER_MARK = '\ufeff';

export interface RulesEditor {
  readonly path: string;
  readonly rules: ReadRules;
  /** The file without its byte-order mark. */
  readonly text: string;
  /** Reads a changed text. @throws GatewayError CONFIG_INVALID where it is not valid */
  check(text: string): Promise<ReadRules>;
  /** Writes a changed text. @throws GatewayError CONFIG_INVALID where it is not valid, or the file changed meanwhile */
  write(text: string): Promise<void>;
  /** @throws GatewayError CONFIG_INVALID where the file would not be valid any more; nothing is written then. */
  addPrincipals(entries: ReadonlyMap<string, object>): Promise<void>;
  /** @throws as `addPrincipals` */
  removePrincipal(name: string): Promise<void>;
}

/**
 * Opens the rules file that a gateway would use.
 * @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export async function openRules(settings: Settings): Promise<RulesEditor> {
  const { path, needsTrust } = await locateRules(settings);
  const content = await readConfigFile(path);
  if (!content.ok) throw configError([content.problem]);
  const rules = await check(path, content.bytes);
  const decoded = decodeText(content.bytes);
  if (!decoded.ok) throw new GatewayError('CONFIG_INVALID', `${escapeText(path)} is not valid UTF-8.`);
  const { text } = decoded;
  const mark = content.bytes.toString('utf8', 0, 3) === BYTE_ORDER_MARK ? BYTE_ORDER_MARK : '';
  const write = async (changedText: string): Promise<void> => {
    await check(path, Buffer.from(changedText));
    const changed = mark + changedText;
    // A link stays a link, and whoever could read the file still can.
    const target = await realpath(path);
    await whileNobodyEdits(target, settings.configDir, async () => {
      const now = await readConfigFile(path);
      if (!now.ok || now.sha256 !== content.sha256) {
        const what = 'changed meanwhile, and stays as it is: try again.';
        throw new GatewayError('CONFIG_INVALID', `${escapeText(path)} ${what}`);
      }
      const { mode } = await stat(target);
      await writePrivateFile(target, changed, mode & 0o777);
    });
    if (!needsTrust) return;
    const trusted = { path, sha256: sha256(changed), trusted_at: new Date().toISOString() };
    await addTrusted(settings.configDir, [trusted]);
  };
  return {
    path,
    rules,
    text,
    check: (changed) => check(path, Buffer.from(changed)),
    write,
    addPrincipals(entries) {
      let changed = text;
      for (const [name, entry] of entries) changed = insertMember(changed, ['principals'], name, entry);
      return write(changed);
    },
    removePrincipal: (name) => write(removeMember(text, ['principals'], name)),
  };
}

async function check(path: string, bytes: Uint8Array): Promise<ReadRules> {
  const parsed = parseDocument(path, bytes);
  if (!parsed.ok) throw configError(parsed.problems);
  const { schema, expressions } = await loadReaders(parsed.document);
  const rules = readRules(parsed.document, schema, expressions);
  if (rules.rules === undefined) throw configError(rules.problems);
  return rules;
}

/** Changes of the rules file by commands: one member at a time, comments and layout kept, never an invalid file. */
import { chmod, realpath, stat } from 'node:fs/promises';
import { applyEdits, modify } from 'jsonc-parser';
import { escapeText } from '../observe/escape.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseDocument } from './document.ts';
import { readConfigFile, sha256, writePrivateFile } from './files.ts';
import { configError } from './load.ts';
import { locateRules } from './locate.ts';
import { type ReadRules, readRules } from './rules.ts';
import type { Settings } from './settings.ts';
import { decodeText } from './text.ts';
import { addTrusted } from './trust.ts';

export interface RulesEditor {
  readonly path: string;
  readonly rules: ReadRules;
  /**
   * Sets the value at a path, or removes it where the value is undefined.
   * @throws GatewayError CONFIG_INVALID where the file would not be valid any more; nothing is written then.
   */
  set(path: readonly string[], value: unknown): Promise<void>;
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
  return {
    path,
    rules,
    async set(at, value) {
      const decoded = decodeText(content.bytes);
      if (!decoded.ok) throw new GatewayError('CONFIG_INVALID', `${escapeText(path)} is not valid UTF-8.`);
      const { text } = decoded;
      const changed = applyEdits(text, modify(text, [...at], value, { formattingOptions: layoutOf(text) }));
      await check(path, Buffer.from(changed));
      // A link stays a link, and whoever could read the file still can.
      const target = await realpath(path);
      const { mode } = await stat(target);
      await writePrivateFile(target, changed);
      await chmod(target, mode & 0o777);
      if (!needsTrust) return;
      const trusted = { path, sha256: sha256(changed), trusted_at: new Date().toISOString() };
      await addTrusted(settings.configDir, [trusted]);
    },
  };
}

async function check(path: string, bytes: Uint8Array): Promise<ReadRules> {
  const parsed = parseDocument(path, bytes);
  if (!parsed.ok) throw configError(parsed.problems);
  const rules = readRules(parsed.document, await import('./schema.ts'));
  if (rules.rules === undefined) throw configError(rules.problems);
  return rules;
}

/** The way the file is indented already. */
function layoutOf(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const [indent = '  '] = /^[ \t]+(?=["}\]])/m.exec(text) ?? [];
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: Math.min(indent.length, 8),
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

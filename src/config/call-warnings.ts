/** Warnings about rules that name tools and arguments which the servers do not have, as far as it is known what they have. */
import { parsePointer } from '../policy/arguments/call-arguments.ts';
import { compilePattern, isLiteralPattern } from '../policy/pattern.ts';
import { type AccessList, type PolicyRules, type ToolRule, toolPattern } from '../policy/rules-data.ts';
import type { ConfigDocument, ConfigPath } from './json-document.ts';
import { nearest } from './nearest-name.ts';
import { quote } from './quote-name.ts';
import { pathName, problemAt } from './rules-file.ts';
import { findInSchema } from './schema-members.ts';
import type { Problem } from './snapshot.ts';

/** By server, then by tool: its input schema. A server that is not in it is not known. */
type KnownSchemas = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/**
 * One for each tool of a server that it did not list, and for each argument that none of the meant tools takes. No errors: rules may be
 * kept for what comes back.
 */
export function callWarnings(document: ConfigDocument, { agents }: PolicyRules, known: KnownSchemas): Problem[] {
  const problems: Problem[] = [];
  const warn = (path: ConfigPath, says: string, fix: string, target: 'key' | 'value' = 'value'): void =>
    void problems.push(problemAt(document, 'warning', path, `${pathName(path)}: ${says}`, fix, target));
  const checkTool = (server: string, tool: string, path: ConfigPath): void => {
    const tools = known.get(server);
    if (tools === undefined || tools.has(tool) || !isLiteralPattern(tool)) return;
    warn(path, `Server ${quote(server)} lists no tool ${quote(tool)}`, meant(tool, [...tools.keys()]) ?? TOOL_FIX);
  };
  const checkArguments = (key: string, rule: ToolRule, path: ConfigPath): void => {
    const schemas = schemasOf(known, key, rule.tool);
    for (const pointer of Object.keys(rule.args ?? {})) {
      const places = schemas.map((schema) => findInSchema(schema, parsePointer(pointer) ?? []));
      const missing = places.flatMap((place) => (typeof place === 'string' ? [] : [place]));
      const [first] = missing;
      if (first === undefined || missing.length < places.length) continue;
      const whose = isLiteralPattern(rule.tool)
        ? `Tool ${quote(rule.tool)}`
        : `No tool that ${quote(rule.tool)} matches`;
      const says = `${whose} takes ${isLiteralPattern(rule.tool) ? 'no' : 'an'} argument ${quote(pointer)}`;
      const similar = nearest(
        first.missing,
        missing.flatMap(({ instead }) => instead),
      );
      const fix = similar === undefined ? ARGUMENT_FIX : `Did you mean ${quote(similar)}?`;
      warn([...path, 'args', pointer], says, fix, 'key');
    }
  };
  const checkList = (list: AccessList | undefined, path: ConfigPath): void => {
    for (const [key, entries] of Object.entries(list?.tools ?? {})) {
      for (const [index, entry] of entries.entries()) {
        const at = [...path, 'tools', key, index];
        checkTool(key, toolPattern(entry), at);
        if (typeof entry !== 'string') checkArguments(key, entry, at);
      }
    }
  };
  for (const [name, agent] of Object.entries(agents)) {
    for (const effect of ['allow', 'ask', 'deny'] as const) checkList(agent[effect], ['agents', name, effect]);
    for (const [server, answers] of Object.entries(agent.approved ?? {})) {
      for (const [index, answer] of answers.entries()) {
        const tool = typeof answer === 'string' ? answer : answer.tool;
        checkTool(server, tool, ['agents', name, 'approved', server, index]);
      }
    }
  }
  return problems;
}

const TOOL_FIX = 'Correct the name, or keep the rule for a tool that comes back';
const ARGUMENT_FIX = 'Look at what the tool takes: "agent-mcp-gateway tools list SERVER --json"';

function meant(name: string, known: readonly string[]): string | undefined {
  const similar = nearest(name, known);
  return similar === undefined ? undefined : `Did you mean ${quote(similar)}?`;
}

/** The schemas of all known tools that a rule is about; none where one of their servers is not known. */
function schemasOf(known: KnownSchemas, key: string, tool: string): unknown[] {
  const [isServer, isTool] = [compilePattern(key), compilePattern(tool)];
  return [...known].flatMap(([server, tools]) =>
    isServer(server) ? [...tools].flatMap(([name, schema]) => (isTool(name) ? [schema ?? true] : [])) : [],
  );
}

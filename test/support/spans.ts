/** The bytes of a result, member by member. Reads text that is known to be JSON; shares no code with the program. */

/** The text of `result` in the text of a response. */
export function resultText(response: string): string {
  for (const [key, value] of membersOf(response)) if (key === 'result') return value;
  throw new Error(`No result: ${response.slice(0, 200)}`);
}

/** Keys and value texts of a result in their order, without what each hop writes anew. */
export function withoutHopByHop(object: string): [string, string][] {
  const kept: [string, string][] = [];
  for (const [key, value] of membersOf(object)) {
    if (key === 'resultType' || key === 'ttlMs' || key === 'cacheScope') continue;
    if (key !== '_meta') {
      kept.push([key, value]);
      continue;
    }
    const meta = membersOf(value).filter(([name]) => !name.startsWith('io.modelcontextprotocol/'));
    if (meta.length > 0) kept.push([key, JSON.stringify(meta)]);
  }
  return kept;
}

/** Keys as they are decoded, values as their text. */
export function membersOf(object: string): [string, string][] {
  const members: [string, string][] = [];
  let depth = 0;
  let key: string | undefined;
  let start = -1;
  for (let at = 0; at < object.length; at++) {
    const char = object[at];
    if (char === '"') {
      const end = stringEnd(object, at);
      if (depth === 1 && key === undefined) key = JSON.parse(object.slice(at, end)) as string;
      at = end - 1;
    } else if (char === '{' || char === '[') depth++;
    else if (char === ':' && depth === 1 && start < 0) start = at + 1;
    else if (char === '}' || char === ']' || (char === ',' && depth === 1)) {
      if (char !== ',') depth--;
      if ((char === ',' || depth === 0) && key !== undefined) {
        members.push([key, object.slice(start, at).trim()]);
        key = undefined;
        start = -1;
      }
    }
  }
  return members;
}

/** Offset after the closing quote. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; ; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"' || at >= text.length) return at + 1;
  }
}

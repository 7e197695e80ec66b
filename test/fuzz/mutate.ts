/** Changes of a message: some keep it JSON, some do not. */
import { type Member, type Node, parse, print } from './json.ts';
import type { Random } from './random.ts';

/** Values that something may be decided on, or that break what reads them. @param words texts to put in, denied names for one */
function anyValue(random: Random, words: readonly string[]): Node {
  const text = random.pick([
    'null',
    'true',
    'false',
    '0',
    '-1',
    '1.5',
    '1e999',
    '-0',
    '12345678901234567890',
    '9007199254740993',
    '[]',
    '{}',
    '[null]',
    '{"a":null}',
    '""',
    '"\\u0000"',
    '"\\ud800"',
    '"__proto__"',
    '"constructor"',
    '"\\u202e"',
    '[[[[[[]]]]]]',
    `"${'x'.repeat(9_000)}"`,
    `${'['.repeat(80)}${']'.repeat(80)}`,
    '{"__proto__":{"name":1}}',
    ...words.map((word) => JSON.stringify(word)),
    ...words.map((word) => JSON.stringify(word)),
  ]);
  return { kind: 'scalar', text };
}

/** A key that a lenient reader takes for the same. */
function spelledOtherwise(key: string, random: Random): string {
  const name = JSON.parse(key) as string;
  const letters = [...name];
  const at = random.below(letters.length || 1);
  const letter = letters[at] ?? '';
  switch (random.below(5)) {
    case 0:
      return key;
    case 1:
      return JSON.stringify(name.toUpperCase());
    case 2:
      // Only the two letters of Unicode that fold to ASCII.
      return JSON.stringify(name.replace('s', '\u017f').replace('k', '\u212a'));
    case 3:
      letters[at] = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
      return JSON.stringify(letters.join(''));
    default:
      return `"${letters.map((one, index) => (index === at ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}` : JSON.stringify(one).slice(1, -1))).join('')}"`;
  }
}

const STRANGE_KEYS = [
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '""',
  '"\\u0000"',
  '"_meta"',
  '"params"',
  '"id"',
  '"name"',
  '"uri"',
  '"taskId"',
  '"task"',
  '"cursor"',
  '"result"',
  '"error"',
  '"method"',
];

function insertAt<T>(list: readonly T[], item: T, random: Random): T[] {
  const at = random.below(list.length + 1);
  return [...list.slice(0, at), item, ...list.slice(at)];
}

function changeObject(members: readonly Member[], random: Random, words: readonly string[]): readonly Member[] {
  const value = anyValue(random, words);
  if (members.length === 0) return [{ key: random.pick(STRANGE_KEYS), value }];
  const at = random.below(members.length);
  const member = members[at] ?? { key: '""', value };
  const replaced = (...by: Member[]): Member[] => [...members.slice(0, at), ...by, ...members.slice(at + 1)];
  switch (random.below(8)) {
    case 0:
      return replaced();
    case 1:
      return replaced({ ...member, value });
    case 2:
      return replaced({ ...member, key: spelledOtherwise(member.key, random) });
    case 3:
      return insertAt(members, { key: random.pick(STRANGE_KEYS), value }, random);
    case 4:
      return replaced({ ...member, value: { kind: 'array', items: [member.value] } });
    case 5:
      return replaced({ ...member, value: random.pick(members).value });
    default:
      return insertAt(members, { key: spelledOtherwise(member.key, random), value }, random);
  }
}

function countOf(node: Node): number {
  if (node.kind === 'scalar') return 1;
  const below = node.kind === 'array' ? node.items : node.members.map(({ value }) => value);
  return 1 + below.reduce((sum, one) => sum + countOf(one), 0);
}

/** Changes one node of the tree, an object rather than anything else. */
function changeTree(root: Node, random: Random, words: readonly string[]): Node {
  let left = random.below(countOf(root));
  const visit = (node: Node): Node => {
    const isHere = left-- === 0;
    if (isHere) {
      if (node.kind === 'object') return { kind: 'object', members: changeObject(node.members, random, words) };
      return anyValue(random, words);
    }
    if (node.kind === 'array') return { kind: 'array', items: node.items.map(visit) };
    if (node.kind === 'scalar') return node;
    return { kind: 'object', members: node.members.map(({ key, value }) => ({ key, value: visit(value) })) };
  };
  return visit(root);
}

/** Changes the text itself, so that it is hardly JSON any more. */
function changeText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random.below(8));
    case 2:
      return (
        text.slice(0, at) +
        random.pick(['"', '{', '}', '[', ']', ',', ':', '\\', '\u0000', '\ufeff', '\u2028', 'null', '1']) +
        text.slice(at)
      );
    case 3:
      return `\ufeff${text}`;
    case 4:
      return `[${text}]`;
    default:
      return `${text}${text}`;
  }
}

/** @param text JSON, on one line. @returns another text on one line */
export function mutated(text: string, random: Random, words: readonly string[]): string {
  let root = parse(text);
  for (let count = 1 + random.below(3); count > 0; count--) root = changeTree(root, random, words);
  const changed = print(root);
  return random.chance(0.08) ? changeText(changed, random) : changed;
}

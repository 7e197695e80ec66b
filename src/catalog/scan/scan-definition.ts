/** Scans one definition: all its texts, its name, its parameters, its annotations. Pure, offline, in linear time. */
import { cutText } from '../../shared/truncate.ts';
import { showUnseen, unseenIn } from '../../shared/unseen.ts';
import { decodedIn } from './decode.ts';
import { type DefinitionText, textsOf } from './definition-texts.ts';
import { type DefinitionType, type Finding, type FindingKind, levelOfFindings } from './finding.ts';
import { disguisedWords, foldText } from './fold-text.ts';
import { contradictionOf, disguiseOf, isFileName, isReaderName } from './imitated-names.ts';
import { signsIn } from './markup.ts';
import { matchRules, type NameFacts, type ScanHit } from './match-rules.ts';
import { collectingName, OF_THE_CALLER } from './parameters.ts';
import { type Names, type Steps, tokensOf } from './tokens.ts';

export interface ScannedDefinition {
  readonly server: string;
  readonly type: DefinitionType;
  readonly name: string;
  /** JSON value; of instructions their text. */
  readonly definition: unknown;
}

export interface ScanOptions {
  /** The names that identifiers in texts may refer to: tools of this server and of others. */
  readonly names?: Names;
  readonly steps?: Steps;
}

/** Characters of an excerpt. */
const EXCERPT = 160;
/** Encoded text in encoded text. */
const MAX_DEPTH = 3;
/** Characters of all texts: longer than anybody reads. */
const LONG = 40_000;
/** Words of a text that says something. */
const FEW_WORDS = 3;
/** Findings of one definition that are told. */
const MAX_FINDINGS = 50;

/** @returns what was found, each kind once for each text, the most serious of it */
export function scanDefinition(
  scanned: ScannedDefinition,
  { names = new Map(), steps = { count: 0 } }: ScanOptions = {},
): Finding[] {
  return new DefinitionScan(scanned, names, steps).run();
}

interface Place {
  readonly where: string;
  /** Of which hits are offsets. */
  readonly text: string;
}

class DefinitionScan {
  readonly #scanned: ScannedDefinition;
  readonly #names: Names;
  readonly #steps: Steps;
  readonly #facts: NameFacts;
  readonly #found = new Map<string, Finding & { readonly weight: number }>();

  constructor(scanned: ScannedDefinition, names: Names, steps: Steps) {
    this.#scanned = scanned;
    this.#names = names;
    this.#steps = steps;
    this.#facts = {
      isReader: scanned.type === 'tool' && isReaderName(scanned.name),
      isAboutFiles: isFileName(scanned.name),
    };
  }

  run(): Finding[] {
    const { definition, type, name } = this.#scanned;
    const texts = textsOf(definition);
    const names = new Map(this.#names);
    for (const { role, text } of texts) if (role === 'parameter' && !names.has(text)) names.set(text, 'OWN_PARAM');
    for (const text of texts) this.#scanText(text, names);
    if (type === 'tool') this.#annotations(definition, name);
    const length = texts.reduce((sum, { text }) => sum + text.length, 0);
    if (length > LONG)
      this.#add(
        'length',
        length > 4 * LONG ? 2 : 1,
        { where: '', text: '' },
        undefined,
        `It has ${length} characters of text, more than anybody reads.`,
      );
    return this.#result();
  }

  #scanText({ where, role, text }: DefinitionText, names: Names): void {
    const place = { where, text };
    if (role === 'name' || role === 'parameter') {
      const disguise = disguiseOf(text);
      if (disguise !== undefined) this.#add('imitated-name', disguise.weight, place, undefined, disguise.says);
    }
    if (role === 'parameter') {
      const collecting = collectingName(text);
      if (collecting !== undefined)
        this.#add(
          'collecting-parameter',
          collecting.weight + this.#asksForAll(where),
          place,
          undefined,
          collecting.says,
        );
    }
    if (role === 'parameter' && text.length < 20 && !text.includes(' ')) return;
    this.#unseen(place);
    const disguised = disguisedWords(text);
    if (disguised.length > 0 && role !== 'name')
      this.#add(
        'look-alike-letters',
        disguised.length > 1 ? 2 : 1,
        place,
        undefined,
        `Letters of another script stand in Latin words: ${disguised.slice(0, 3).join(', ')}.`,
      );
    this.#orders(
      place,
      role === 'name' || role === 'parameter' ? text.replace(/[_\-.]+|(?<=[a-z])(?=[A-Z])/g, ' ') : text,
      names,
    );
    this.#decoded(place, text, names, this.#hitsIn(text, names, false), []);
  }

  /** True if the description of a parameter speaks of what the model itself knows. */
  #asksForAll(where: string): number {
    const parts = where
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    let value: unknown = this.#scanned.definition;
    for (const part of parts)
      value =
        typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[part] : undefined;
    const description =
      typeof value === 'object' && value !== null ? (value as { description?: unknown }).description : undefined;
    return typeof description === 'string' && OF_THE_CALLER.test(description) ? 1 : 0;
  }

  #unseen(place: Place): void {
    const unseen = unseenIn(place.text);
    if (unseen.length === 0) return;
    const weight = unseenWeight(
      place.text,
      unseen.map(({ code }) => code),
      unseen[0]?.at ?? 0,
    );
    const span = { start: unseen[0]?.at ?? 0, end: (unseen.at(-1)?.at ?? 0) + 1 };
    this.#add(
      'unseen-characters',
      weight,
      place,
      span,
      `It has ${unseen.length === 1 ? 'a character' : `${unseen.length} characters`} that nobody sees and a model reads.`,
    );
  }

  #orders(place: Place, read: string, names: Names): void {
    for (const hit of this.#hitsIn(read, names, false))
      this.#add(hit.kind, hit.weight, { where: place.where, text: foldText(read) }, hit, hit.says);
  }

  #hitsIn(text: string, names: Names, isDecoded: boolean): ScanHit[] {
    const folded = foldText(text);
    this.#steps.count += folded.length;
    return matchRules(
      tokensOf(folded, names, this.#steps),
      signsIn(folded),
      { ...this.#facts, isDecoded },
      this.#steps,
    );
  }

  /** Reads encoded text, and text that is encoded in it. */
  #decoded(place: Place, text: string, names: Names, known: readonly ScanHit[], ways: readonly string[]): void {
    for (const { how, text: decoded, start, end, isWhole } of decodedIn(text, ways.length === 0, this.#steps)) {
      const through = [...ways, how];
      const hits = this.#hitsIn(decoded, names, true);
      const [order] = hits.filter(({ weight, says }) => weight > 1 && !known.some((hit) => hit.says === says));
      if (order !== undefined) {
        this.#add(
          'encoded-text',
          3,
          { where: place.where, text: decoded },
          order,
          `Behind ${through.join(', ')} stands this: ${order.says}`,
        );
      } else if (!isWhole && (decoded.match(/\p{L}+/gu)?.length ?? 0) >= FEW_WORDS) {
        const isUnseen = /tag|selector|zero-width/.test(how);
        const shown = isUnseen || ways.length > 0 ? { where: place.where, text: decoded } : place;
        const span = shown === place ? { start, end } : undefined;
        this.#add(
          'encoded-text',
          isUnseen ? 3 : 1,
          shown,
          span,
          `Behind ${through.join(', ')} stands text that can be read.`,
        );
      }
      if (through.length < MAX_DEPTH) this.#decoded(place, decoded, names, [...known, ...hits], through);
    }
  }

  #annotations(definition: unknown, name: string): void {
    const annotations =
      typeof definition === 'object' && definition !== null
        ? (definition as { annotations?: unknown }).annotations
        : undefined;
    const contradiction = contradictionOf(name, annotations);
    if (contradiction === undefined) return;
    this.#add(
      'contradicted-annotation',
      contradiction.weight,
      { where: `/annotations/${contradiction.hint}`, text: name },
      undefined,
      contradiction.says,
    );
  }

  #add(
    kind: FindingKind,
    weight: number,
    { where, text }: Place,
    span: { start: number; end: number } | undefined,
    message: string,
  ): void {
    const key = `${kind} ${where}`;
    const before = this.#found.get(key);
    if (before !== undefined && before.weight >= weight) return;
    const { server, type, name } = this.#scanned;
    this.#found.set(key, {
      kind,
      level: levelOfFindings(weight),
      server,
      type,
      name,
      where,
      excerpt: excerptOf(text, span),
      message,
      weight,
    });
  }

  /** Several hints of different kinds together are worth a look. */
  #result(): Finding[] {
    const all = [...this.#found.values()];
    const weak = new Set(all.filter(({ kind, level }) => level === 'low' && ADDING.has(kind)).map(({ kind }) => kind));
    const isMuch = weak.size >= 3;
    return all
      .sort((one, other) => other.weight - one.weight)
      .slice(0, MAX_FINDINGS)
      .map(({ weight: _, ...finding }) =>
        isMuch && ADDING.has(finding.kind) && finding.level === 'low' ? { ...finding, level: 'medium' } : finding,
      );
  }
}

const ADDING: ReadonlySet<FindingKind> = new Set([
  'order-to-the-model',
  'secrecy',
  'other-tools',
  'exfiltration',
  'secret-path',
  'command',
  'collecting-parameter',
  'encoded-text',
]);

/** One that stands in no word may be a slip of whoever pasted the text; many, or those that say or turn something, are none. */
function unseenWeight(text: string, codes: readonly number[], first: number): number {
  const isTag = (code: number): boolean => code >= 0xe0000 && code <= 0xe007f;
  const isSelector = (code: number): boolean =>
    (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef);
  if (
    codes.some(isTag) ||
    codes.filter(isSelector).length > 1 ||
    codes.some((code) => code === 0x202d || code === 0x202e)
  )
    return 3;
  if (codes.some((code) => code < 0xa0 && code !== 0x7f && code !== 0x0b && code !== 0x0c)) return 2;
  if (codes.some((code) => code >= 0x202a && code <= 0x202e) || codes.some((code) => code >= 0x2066 && code <= 0x2069))
    return 2;
  if (codes.every((code) => code === 0xad)) return codes.length > 20 ? 2 : 1;
  if (codes.some((code) => code !== 0xfeff && code !== 0xad && code !== 0xa0)) return 2;
  const isInWord = /\p{L}/u.test(text.charAt(first - 1)) && /\p{L}/u.test(text.charAt(first + 1));
  return codes.length > 4 || isInWord ? 2 : 1;
}

/** The text at a place, with some of the text around it, the unseen made visible. */
function excerptOf(text: string, span: { start: number; end: number } | undefined): string {
  const start = Math.max(0, (span?.start ?? 0) - 20);
  const end = Math.min(text.length, Math.max((span?.end ?? EXCERPT) + 20, start + 60));
  const shown = showUnseen(text.slice(start, Math.min(end, start + EXCERPT)))
    .replace(/\s+/g, ' ')
    .trim();
  return `${start > 0 ? '…' : ''}${cutText(shown, EXCERPT)}${end < text.length || shown.length > EXCERPT ? '…' : ''}`;
}

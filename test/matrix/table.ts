/** The table of what crosses, made of the names of the tests of the matrix. */
import { CELLS, type Cell, ERAS, nameOf } from './cells.ts';
import { titleOf } from './feature.ts';
import { FEATURES } from './features.ts';

const BEGIN = '<!-- what crosses: written by `npm run docs:protocol` -->';
const END = '<!-- end of what crosses -->';
const TITLE =
  /^(?<transport>\w+), (?<caller>\w+) caller, (?<server>\w+) server, (?<view>\w+) > (?<row>.+?) (?<outcome>crosses|is (?:refused|left out): .+)$/;

/** Names of all tests, as a report has them. */
export function testNames(): string[] {
  return CELLS.flatMap((cell) =>
    FEATURES.filter(({ concerns }) => concerns(cell)).map((feature) => `${nameOf(cell)} > ${titleOf(feature)}`),
  );
}

interface Tested extends Pick<Cell, 'caller' | 'server'> {
  readonly where: string;
  readonly row: string;
  readonly outcome: string;
}

function read(name: string): Tested {
  const { caller, server, transport, view, row, outcome } = TITLE.exec(name)?.groups ?? {};
  if (row === undefined || outcome === undefined) throw new Error(`No name of the matrix: ${name}`);
  return { caller, server, where: `${transport} ${view}`, row, outcome } as Tested;
}

/** Where an outcome holds, in words; empty where it is everywhere. */
function whereOf(places: ReadonlySet<string>, all: ReadonlySet<string>): string {
  if (places.size === all.size) return '';
  const parts = (at: 0 | 1): string[] => [...new Set([...places].map((place) => place.split(' ')[at] ?? ''))];
  const [transports, views] = [parts(0), parts(1)];
  const named = [
    transports.length === 1 ? { stdio: 'stdio', http: 'HTTP' }[transports[0] as Cell['transport']] : '',
    views.length < 3 ? views.join(', ') : '',
  ];
  return named.filter((part) => part !== '').join(', ');
}

function cellText(tested: readonly Tested[], all: ReadonlySet<string>): string {
  const outcomes = new Map<string, Set<string>>();
  for (const { outcome, where } of tested) outcomes.set(outcome, (outcomes.get(outcome) ?? new Set()).add(where));
  if (outcomes.size === 0) return '-';
  const texts = Array.from(outcomes, ([outcome, places]) => {
    const said = outcome === 'crosses' ? 'yes' : outcome.replace(/^is (refused|left out)/, '$1');
    const where = whereOf(places, all);
    return where === ''
      ? said
      : outcomes.size > 1 || outcome !== 'crosses'
        ? `${where}: ${said}`
        : `${said} (${where})`;
  });
  return texts.join('; ');
}

export function tableOf(names: readonly string[]): string {
  const tested = names.map(read);
  const all = new Set(tested.map(({ where }) => where));
  const columns = ERAS.flatMap((caller) => ERAS.map((server) => ({ caller, server })));
  const rows = [...new Set(tested.map(({ row }) => row))].map((row) =>
    columns
      .map(({ caller, server }) =>
        cellText(
          tested.filter((one) => one.row === row && one.caller === caller && one.server === server),
          all,
        ),
      )
      .reduce((line, text) => `${line} ${text} |`, `| ${row} |`),
  );
  const head = columns.map(({ caller, server }) => ` ${caller} caller, ${server} server |`).join('');
  return [`| feature |${head}`, `| --- |${columns.map(() => ' --- |').join('')}`, ...rows].join('\n');
}

/** A page with the table in its place. */
export function withTable(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`The page has no ${BEGIN} and ${END}.`);
  return `${before}${BEGIN}\n${tableOf(testNames())}\n${END}${after}`;
}

import { print } from '../output.ts';

/** Tells the story of the demo to whoever watches. */
export interface Narrator {
  /** The headline of the next step. */
  step(title: string): void;
  /** Something that an agent did, and what came of it. */
  did(agent: string, what: string, outcome: string): void;
  line(text: string): void;
}

const BOLD = '1';
const DIM = '2';
const CYAN = '36';

/** Writes to stdout, in colours where it is a terminal. */
export function createNarrator(): Narrator {
  let steps = 0;
  return {
    step(title) {
      steps++;
      print('');
      print({ style: BOLD, text: `${steps}. ${title}` });
    },
    did(agent, what, outcome) {
      print('   ', { style: CYAN, text: agent.padEnd(8) }, ` ${what}`);
      print('            ', { style: DIM, text: '->' }, ` ${outcome}`);
    },
    line: (text) => print(text === '' ? '' : `   ${text}`),
  };
}

/** For `--json`: the figures say it all. */
export const SILENT: Narrator = { step: () => undefined, did: () => undefined, line: () => undefined };

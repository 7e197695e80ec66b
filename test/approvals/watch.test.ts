/** `approvals watch` in a terminal of 80 columns and 24 lines. */
import { afterEach, expect, it } from 'vitest';
import { askingHome, openFront, sum } from '../support/approvals.ts';
import { MODERN } from '../support/rpc.ts';
import { HAS_TMUX, openTerminal, type Terminal } from '../support/tmux.ts';
import { errorOf, execute, textOf } from '../support/tools.ts';

let terminal: Terminal | undefined;
afterEach(() => terminal?.close());

it.skipIf(!HAS_TMUX)(
  'each question is shown as it comes, answered, and gone when somebody else has answered',
  async () => {
    const where = askingHome();
    const { gateway, rpc } = await openFront(['stdio', MODERN], where);
    const { NO_COLOR: _none, ...env } = where.home.env;
    terminal = openTerminal(['approvals', 'watch'], { env, cwd: where.home.cwd });
    const { press, sees } = terminal;

    const yes = execute(rpc, sum(1));
    await sees(/agent +"dev"[\s\S]*"a": 1[\s\S]*May it\?[\s\S]*this call once/);
    press('Enter');
    expect(textOf(await yes)).toBe('2');

    const elsewhere = execute(rpc, sum(7));
    await sees(/"a": 7[\s\S]*May it\?/);
    await where.answer('no');
    await sees(/answered elsewhere/);
    expect(errorOf(await elsewhere).code).toBe('APPROVAL_DENIED');

    const no = execute(rpc, sum(8));
    await sees(/"a": 8[\s\S]*May it\?/);
    press('Down', 'Down', 'Enter');
    await sees(/Why not\?/);
    press('Not on a Friday.', 'Enter');
    expect(errorOf(await no).message).toContain('Not on a Friday.');
    press('C-c');
    await gateway.stop();
  },
);

/** Everything that the protocol has, over stdio: {caller} x {server} x {view}. */
import { CELLS } from './cells.ts';
import { registerMatrix } from './register.ts';

registerMatrix(CELLS.filter(({ transport }) => transport === 'stdio'));

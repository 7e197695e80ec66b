/** Everything that the protocol has, over http: {caller} x {server} x {view}. */
import { cellsOver } from './cells.ts';
import { registerMatrix } from './register.ts';

registerMatrix(cellsOver('http'));

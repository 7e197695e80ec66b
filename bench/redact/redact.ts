/** What the benchmark measures, behind one import. */

export { RESULT_KINDS } from '../../src/config/result-kinds.ts';
export { screenText } from '../../src/operations/results/screen/screen-text.ts';

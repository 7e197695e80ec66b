/** What the benchmark measures, behind one import. */

export { isSuspicious } from '../../src/catalog/scan/finding.ts';
export { scanServer } from '../../src/catalog/scan/scan-server.ts';

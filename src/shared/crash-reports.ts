/** Keeps secrets out of the reports that Node writes about a process that crashes, or at a signal. */
import process from 'node:process';

/**
 * Leaves the environment out of diagnostic reports, and does without them where Node cannot (before 22.13). A signal opens no debugger, which any
 * program of this account could use.
 */
export function keepCrashesPrivate(): void {
  // `excludeEnv` is younger than the types.
  const report: Partial<NodeJS.ProcessReport> & { excludeEnv?: boolean } = process.report;
  if ('excludeEnv' in report) report.excludeEnv = true;
  else {
    // Otherwise the signal, which asks for a report, would end the gateway.
    if (report.reportOnSignal === true) process.on(report.signal ?? 'SIGUSR2', () => undefined);
    report.reportOnFatalError = false;
    report.reportOnSignal = false;
    report.reportOnUncaughtException = false;
  }
  if (process.platform !== 'win32') process.on('SIGUSR1', () => undefined);
}

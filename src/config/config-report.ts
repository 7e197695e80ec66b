/** Reports on the configuration: at the start, and after each reload. */
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { ConfigStore, ReloadOutcome } from './config-store.ts';
import { formatProblem } from './load-snapshot.ts';
import { settingNotes } from './setting-notes.ts';
import type { Settings } from './settings.ts';
import type { Problem, Snapshot } from './snapshot.ts';
import { describeChanges } from './snapshot-diff.ts';

export function reportStart(config: ConfigStore, settings: Settings, log: Logger): void {
  for (const notice of config.location.notes) log.warn(notice);
  reportProblems(config.problems, log);
  const snapshot = config.current();
  reportSettings(settings, snapshot, log);
  const { policy, servers, principals, paths } = snapshot;
  const files = { mcp_config: paths.servers, gateway_rules: paths.rules };
  log.info({ ...files, servers: servers.size, agents: policy.agents.length }, 'configuration loaded');
  if (principals === undefined) {
    log.warn('the rules have no principals: every connection may use any agent_id (docs/identity.md)');
  }
}

/** The settings that do not go with the rules in use. */
export function reportSettings(settings: Settings, snapshot: Snapshot, log: Logger): void {
  for (const note of settingNotes(settings, snapshot)) log.warn(note);
}

function reportProblems(problems: readonly Problem[], log: Logger): void {
  for (const problem of problems)
    if (problem.migration !== true) log[problem.severity === 'error' ? 'error' : 'warn'](formatProblem(problem));
}

export function reportReload(outcome: ReloadOutcome, log: Logger, metrics: Metrics): void {
  const count = metrics.counter('config_reloads_total', 'Reloads of the configuration, by result.', ['result']);
  count.inc({ result: outcome.kind });
  switch (outcome.kind) {
    case 'applied':
      log.info(`configuration reloaded: ${describeChanges(outcome.changes)}`);
      reportProblems(outcome.problems, log);
      break;
    case 'refused':
      log.error(`reload refused, the configuration before it stays in use. ${outcome.error.message}`);
      break;
    case 'unchanged':
      log.info('reload: nothing changed');
  }
}

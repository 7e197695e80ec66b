/** The configuration of this machine, its start and its reloads reported. */
import process from 'node:process';
import { reportReload, reportSettings, reportStart } from '../config/config-report.ts';
import { type ConfigStore, type ConfigStoreOptions, createConfigStore } from '../config/config-store.ts';
import { configSecrets } from '../config/known-secrets.ts';
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { toldVersion } from '../config/state-keys.ts';
import { checkBoundAgent } from '../identity/known-connections.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Redactor } from '../observe/redact.ts';

/** Digits of a version that are told to operators where no key makes another one of it. */
const DIGITS = 16;

/** Reads both files. @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function openConfig(
  settings: Settings,
  log: Logger,
  metrics: Metrics,
  options: Pick<ConfigStoreOptions, 'watch' | 'agree' | 'onReload'>,
): Promise<ConfigStore> {
  const config: ConfigStore = await createConfigStore({
    ...options,
    settings,
    env: process.env,
    onReload(outcome) {
      reportReload(outcome, log, metrics);
      if (outcome.kind === 'applied') reportSettings(settings, config.current(), log);
      options.onReload?.(outcome);
    },
    onError: (error) => log.error({ err: error }, 'a reload failed unexpectedly'),
  });
  metrics.gauge('config_info', 'Version of the configuration in force; always 1.', () => {
    const { version } = config.current();
    return [{ labels: { configuration: toldVersion(settings, version) ?? version.slice(0, DIGITS) }, value: 1 }];
  });
  checkBoundAgent(settings, config.current());
  reportStart(config, settings, log);
  return config;
}

/** Keeps what is secret in a configuration out of everything that is written; its names are not secret, whatever some entry says. */
export function keepSecrets(redactor: Redactor, snapshot: Snapshot): void {
  redactor.replace(configSecrets(snapshot));
}

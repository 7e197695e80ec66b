/** The terms for asking people, as the rules say them. */
import type { RulesFile } from './file-schemas.ts';
import type { ConfigDocument, ConfigPath } from './json-document.ts';
import { problemAt } from './rules-file.ts';
import { isLoopback } from './settings.ts';
import type { ApprovalTerms, Problem, WebhookTerms } from './snapshot.ts';
import type { Environment } from './substitute.ts';

type FileApprovals = NonNullable<RulesFile['approvals']>;
type Report = (severity: Problem['severity'], at: ConfigPath, message: string, fix: string) => void;

const DEFAULT_VIA = ['client', 'web', 'cli'] as const;
const DEFAULT_TIMEOUT_S = 300;

/**
 * A webhook that cannot be used is off, with a warning: the other ways are open.
 * @param problems what is found is added to.
 */
export function readApprovals(
  approvals: RulesFile['approvals'],
  env: Environment,
  document: ConfigDocument,
  problems: Problem[],
): ApprovalTerms {
  const { via = DEFAULT_VIA, timeout_s: timeoutS = DEFAULT_TIMEOUT_S, remember = true } = approvals ?? {};
  const report: Report = (severity, at, message, fix) => {
    const path = ['approvals', ...at];
    problems.push(problemAt(document, severity, path, `${path.join('.')} ${message}`, fix));
  };
  const webhook = readWebhook(approvals, env, report);
  if (via.length === 0) report('warning', ['via'], 'is empty: nobody can be asked', 'Name a way, such as "cli"');
  return { via: [...new Set(via)], timeoutMs: timeoutS * 1000, remember, webhook };
}

function readWebhook(approvals: FileApprovals | undefined, env: Environment, report: Report): WebhookTerms | undefined {
  const isWanted = approvals?.via?.includes('webhook') === true;
  const webhook = approvals?.webhook;
  if (webhook === undefined) {
    if (isWanted)
      report('warning', ['via'], 'has "webhook", and there is none', 'Add "webhook" with url and secret_env');
    return undefined;
  }
  if (!isWanted) return undefined;
  const url = new URL(webhook.url);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    report('warning', ['webhook', 'url'], 'is not used: arguments would be sent in the clear', 'Use https');
    return undefined;
  }
  const secret = (Object.hasOwn(env, webhook.secret_env) ? env[webhook.secret_env] : undefined)?.trim();
  if (secret === undefined || secret === '') {
    // Its name is not repeated: somebody may have written the secret there.
    report(
      'warning',
      ['webhook', 'secret_env'],
      'names a variable that is not set; nothing is sent',
      'Set it, and start again',
    );
    return undefined;
  }
  return { url: url.href, secret };
}

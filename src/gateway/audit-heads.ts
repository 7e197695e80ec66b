/** Heads of the audit chain of this process, signed and sent away. Loaded where somebody wants them. */

import { headKeyPath, openHeadKey } from '../audit/heads/head-key.ts';
import { HeadSender, type HeadSenderOptions } from '../audit/heads/head-sender.ts';
import { headTarget } from '../audit/heads/head-targets.ts';
import { signHead } from '../audit/heads/signed-head.ts';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../observe/log.ts';
import { postText } from '../upstream/channel/post-text.ts';

/** @throws GatewayError USAGE, CANNOT_WRITE: who asks for heads should have them */
export function startHeads(
  settings: Settings,
  head: HeadSenderOptions['head'],
  log: Pick<Logger, 'warn' | 'info'>,
): HeadSender {
  const { auditLog, auditHeads, auditHeadMs } = settings;
  const key = openHeadKey(headKeyPath(settings));
  return new HeadSender({
    head,
    sign: (writers) => signHead(key, auditLog, { at: new Date().toISOString(), writers }),
    targets: auditHeads.map((text) => headTarget(text, postText)),
    everyMs: auditHeadMs,
    onFailure: (target, error) =>
      log.warn({ err: error, target }, 'a head of the audit log cannot be sent; it is tried again'),
    onRecovery: (target) => log.info({ target }, 'heads of the audit log are sent again'),
  });
}

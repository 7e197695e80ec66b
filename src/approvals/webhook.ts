/** Tells somebody's program about a question, in the form of Standard Webhooks (standardwebhooks.com, 1.0.0). */
import { createHmac } from 'node:crypto';
import type { WebhookTerms } from '../config/snapshot.ts';
import type { Logger } from '../observe/log.ts';
import type { Question } from './question.ts';
import { reportQuestion } from './question-text.ts';

/** Posts a body; rejects unless the other side took it. */
export type SendWebhook = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<void>;

/** Milliseconds before it is tried again. */
const PAUSES_MS = [1_000, 5_000, 25_000];

interface WebhookOptions {
  readonly post: SendWebhook;
  readonly log: Pick<Logger, 'warn'>;
  readonly pausesMs?: readonly number[];
}

/** Sends a question, again and again where nobody takes it. Never rejects: whoever can answer otherwise still can. */
export async function sendWebhook(
  { post, log, pausesMs = PAUSES_MS }: WebhookOptions,
  { url, secret }: WebhookTerms,
  question: Question,
): Promise<void> {
  const body = JSON.stringify(webhookBody(question));
  for (const pauseMs of [...pausesMs, undefined]) {
    try {
      return await post(url, webhookHeaders(question.id, secret, body, Math.floor(Date.now() / 1000)), body);
    } catch (error) {
      if (pauseMs === undefined || Date.now() + pauseMs >= question.expiresAt) {
        return log.warn({ err: error, question: question.id }, 'the webhook was not told about a question');
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
  }
}

/** @param seconds since 1970, when it is sent */
export function webhookHeaders(id: string, secret: string, body: string, seconds: number): Record<string, string> {
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}

/** `whsec_` and base64, as the specification writes secrets; anything else is the key itself. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}

function webhookBody(question: Question): object {
  const { rules_file: _ownPath, ...report } = reportQuestion(question);
  return { type: 'approval.asked', timestamp: report.asked_at, data: report };
}

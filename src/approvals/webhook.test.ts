import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { postText } from '../upstream/channel/post-text.ts';
import { asked, newApprovals } from './testing.ts';
import { type SendWebhook, sendWebhook, webhookHeaders } from './webhook.ts';

// The example of the specification of Standard Webhooks (1.0.0).
it('signs as Standard Webhooks says', () => {
  const headers = webhookHeaders(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    '{"test": 2432232314}',
    1614265330,
  );
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

const log = { warn: () => undefined };

it('posts the question, signed, and nothing that is kept from people', async () => {
  const taken: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      taken.push({ headers: request.headers, body });
      response.writeHead(taken.length === 1 ? 503 : 204).end();
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const question = await newApprovals().approvals.ask(asked());
  await sendWebhook({ post: postText, log, pausesMs: [1] }, { url, secret: 'a secret' }, question);
  expect(taken).toHaveLength(2);
  const { headers, body } = taken[1] ?? { headers: {}, body: '' };
  const signed = createHmac('sha256', 'a secret').update(`${question.id}.${headers['webhook-timestamp']}.${body}`);
  expect(headers['webhook-signature']).toBe(`v1,${signed.digest('base64')}`);
  const { type, data } = JSON.parse(body) as { type: string; data: object };
  expect(type).toBe('approval.asked');
  expect(data).toMatchObject({ id: question.id, agent: 'researcher', server: 'files', name: 'write_file' });
  expect(body).not.toContain('/rules.json');
});

it('gives up in the end, and when it is too late', async () => {
  let posts = 0;
  const post: SendWebhook = () => Promise.reject(new Error(`no ${++posts}`));
  const { approvals } = newApprovals();
  const terms = { url: 'https://example.com/', secret: 'x' };
  await sendWebhook({ post, log, pausesMs: [1, 1] }, terms, await approvals.ask(asked()));
  expect(posts).toBe(3);
  const short = await approvals.ask(asked({ name: 'short' }, { timeoutMs: 1 }));
  await sendWebhook({ post, log, pausesMs: [60_000] }, terms, short);
  expect(posts).toBe(4);
});

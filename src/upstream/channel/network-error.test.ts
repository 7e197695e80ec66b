import undiciErrors from 'undici/lib/core/errors.js';
import { describe, expect, it } from 'vitest';
import { DecodingError } from './content-decoding.ts';
import { BodyTooLongError, BrokenResponseError, NoRoomError, NotSentError } from './http-exchange.ts';
import { networkError } from './network-error.ts';
import { ProxyRefusal } from './proxy-tunnel.ts';

const DIRECT = { maxBytes: 100, proxy: undefined };
const PROXIED = { maxBytes: 100, proxy: { url: new URL('http://proxy.example:8080'), authorization: undefined } };

const withCode = (code: string): Error => Object.assign(new Error('secret'), { code });
const notSent = (cause: unknown): NotSentError => new NotSentError('', { cause });

describe('a failed exchange', () => {
  it.each<[unknown, string]>([
    [new BrokenResponseError('', { cause: withCode('ECONNRESET') }), 'broke off its answer.'],
    [new BodyTooLongError(), 'sent an answer of more than 100 bytes.'],
    [new NoRoomError(), 'sent an answer that there is no room for now'],
    [new DecodingError(), 'sent a compressed answer that cannot be read.'],
    [withCode('UND_ERR_SOCKET'), 'closed the connection before it answered.'],
    [new undiciErrors.HTTPParserError('x'), 'answers, but not with HTTP.'],
    [withCode('EPIPE'), 'cannot be reached (EPIPE).'],
    [undefined, 'cannot be reached (unknown error).'],
  ])('%s says what happened, and may have taken effect', (error, what) => {
    const failure = networkError('s', error, DIRECT);
    expect(failure.message).toContain(`Server "s" ${what}`);
    expect(failure.message).not.toContain('secret');
    expect([failure.code, failure.data?.['withoutEffect']]).toEqual(['SERVER_UNAVAILABLE', undefined]);
  });

  it.each<[unknown, string]>([
    [withCode('ECONNREFUSED'), 'refuses connections: nothing listens at its address.'],
    [
      new AggregateError([withCode('ENOTFOUND'), withCode('EPIPE')]),
      'cannot be found: its host name does not resolve.',
    ],
    [withCode('CERT_HAS_EXPIRED'), 'has a certificate that has expired (CERT_HAS_EXPIRED).'],
    [withCode('SELF_SIGNED_CERT_IN_CHAIN'), 'name the file of that authority as "ca" in its entry'],
  ])('that was not sent has had no effect, and may be tried again (%s)', (cause, what) => {
    const { message, data } = networkError('s', notSent(cause), DIRECT);
    expect(message).toContain(what);
    expect(message).toMatch(/ Try again later, or check its entry in the servers file\.$/);
    expect(data).toEqual({ withoutEffect: true });
  });

  it.each<[unknown, RegExp]>([
    [new ProxyRefusal(403), /the proxy proxy\.example:8080 makes no connection to it \(HTTP 403\)\. Try/],
    [new ProxyRefusal(407), /\(HTTP 407\)\. It wants a user name and a password: put them into its address\. Try/],
    [withCode('ECONNREFUSED'), /cannot be reached through the proxy proxy\.example:8080 \(ECONNREFUSED\)\. Try/],
    [withCode('CERT_HAS_EXPIRED'), /Server "s" has a certificate that has expired/],
    [withCode('EPIPE'), /Server "s" cannot be reached \(EPIPE\)\./],
  ])('on the way through a proxy says so (%s)', (cause, message) => {
    expect(networkError('s', notSent(cause), PROXIED).message).toMatch(message);
  });

  it('keeps no cause that quotes a header', () => {
    const failure = networkError(
      's',
      notSent(new undiciErrors.InvalidArgumentError('invalid authorization header')),
      DIRECT,
    );
    expect(failure.cause).toBeUndefined();
    expect(failure.message).toContain('has a header in its entry that HTTP does not allow');
  });
});

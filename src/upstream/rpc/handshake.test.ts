import { describe, expect, it } from 'vitest';
import { parseMessage, type ResponseMessage } from '../../protocol/json-rpc.ts';
import { offersModern, readDiscovery, readInitialized } from './handshake.ts';

function response(rest: object): ResponseMessage {
  const message = parseMessage(JSON.stringify({ jsonrpc: '2.0', id: 1, ...rest }), 'server');
  if (message.kind !== 'response') throw new Error(message.kind);
  return message;
}

const error = (code: number, data?: unknown): ResponseMessage => response({ error: { code, message: 'no', data } });

describe('the answer to server/discover', () => {
  it.each([-32601, -32602, -32000, -32001, 0, -32020, -32021])('is a legacy server for error %i', (code) => {
    expect(readDiscovery(error(code))).toEqual({ kind: 'legacy' });
  });

  it('names the revisions of a server that does not speak ours', () => {
    const supported = ['2027-01-01'];
    expect(readDiscovery(error(-32022, { supported }))).toEqual({ kind: 'foreign', supported });
    expect(readDiscovery(error(-32022, { supported: ['2027-01-01', '2025-06-18'] }))).toEqual({ kind: 'legacy' });
    expect(readDiscovery(error(-32022, { supported: [] }))).toEqual({ kind: 'legacy' });
    expect(readDiscovery(error(-32022))).toEqual({ kind: 'legacy' });
  });

  it('is a modern server where the result says so', () => {
    const capabilities = { tools: {} };
    const modern = response({ result: { supportedVersions: ['2027-01-01', '2026-07-28'], capabilities } });
    expect(readDiscovery(modern)).toMatchObject({ kind: 'modern', facts: { revision: '2026-07-28', capabilities } });
    expect(readDiscovery(response({ result: { supportedVersions: ['2025-11-25'], capabilities } })).kind).toBe(
      'legacy',
    );
    expect(readDiscovery(response({ result: {} }))).toEqual({ kind: 'legacy' });
    expect(readDiscovery(response({ result: [] }))).toEqual({ kind: 'legacy' });
  });
});

describe('the answer to initialize', () => {
  it.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])('may be revision %s', (protocolVersion) => {
    expect(readInitialized(response({ result: { protocolVersion } }))).toMatchObject({ revision: protocolVersion });
  });

  it('is a sentence where it is unusable', () => {
    expect(readInitialized(response({ result: { protocolVersion: '2023-01-01' } }))).toMatch(/2023-01-01/);
    expect(readInitialized(response({ result: {} }))).toMatch(/without a protocolVersion/);
    const long = { protocolVersion: '2025-11-25', instructions: 'x'.repeat(1024 * 1024) };
    expect(readInitialized(response({ result: long }))).toMatch(/more than 1 MiB/);
    expect(readInitialized(error(-32000))).toMatch(/^refused to initialize: "no.*" \(-32000\)\.$/);
  });
});

it('a refusal that names a revision of ours is asked again, any other is not', () => {
  expect(offersModern(error(-32022, { supported: ['2027-01-01', '2026-07-28'] }))).toBe(true);
  expect(offersModern(error(-32022, { supported: ['2027-01-01'] }))).toBe(false);
  expect(offersModern(error(-32022))).toBe(false);
  expect(offersModern(error(-32601, { supported: ['2026-07-28'] }))).toBe(false);
});

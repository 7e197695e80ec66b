/** Text that is longer than anybody needs is cut, left out or refused, since reading it would take long. */
import { describe, expect, it } from 'vitest';
import { errorMember, parseLarge, parseMessage, readObject } from './json-rpc.ts';

const LONG = 20_000;

function errorIn(error: string): ReturnType<typeof errorMember> {
  const text = `{"error":${error}}`;
  return errorMember(text, readObject(text, { error: {} })?.members[0]);
}

describe('an error of a server', () => {
  it.each(['x', '\\"', '\\\\', '\\u00e9', 'é', '😀'])('its message of many %s is cut, and is a text', (unit) => {
    const { code, message } = errorIn(`{"code":-5,"message":"${unit.repeat(LONG)}"}`);
    expect(code).toBe(-5);
    expect(message).toBe((JSON.parse(`"${unit.repeat(LONG)}"`) as string).slice(0, message.length));
    const longest = errorIn(`{"code":-5,"message":"${unit.repeat(1_000_000)}"}`).message;
    expect(longest.length).toBeGreaterThan(10_000);
    expect(longest.length).toBeLessThanOrEqual(64 * 1024);
    expect((JSON.parse(`"${unit.repeat(1_000_000)}"`) as string).startsWith(longest)).toBe(true);
  });

  it('its data is kept as it is, or left out where it is long', () => {
    expect(errorIn(`{"code":1,"message":"m","data":[1.0, "a"]}`).data).toBe('[1.0, "a"]');
    expect(errorIn(`{"code":1,"message":"m","data":["${'x'.repeat(2_000_000)}"]}`)).toEqual({ code: 1, message: 'm' });
  });

  it('a code or a message that is none', () => {
    const none = 'The answer is an error without a message.';
    expect(errorIn(`{"code":[${'1,'.repeat(LONG)}1],"message":[${'1,'.repeat(3 * LONG)}1]}`)).toEqual({
      code: -32603,
      message: none,
    });
    expect(errorIn('{"code":"1","message":1}')).toEqual({ code: -32603, message: none });
  });
});

describe('an object of the protocol with too many keys is refused', () => {
  const keys = Array.from({ length: 30_000 }, (_, at) => `"key${at}":1`).join();
  it.each([
    `{"jsonrpc":"2.0","id":7,"method":"m",${keys}}`,
    `{"jsonrpc":"2.0","id":7,"method":"m","params":{${keys}}}`,
    `{"jsonrpc":"2.0","id":7,"method":"m","params":{"_meta":{${keys}}}}`,
  ])('%#', async (text) => {
    const refused = { kind: 'invalid', code: 'INVALID_REQUEST', id: '7' };
    expect(await parseLarge(text, 'caller')).toMatchObject(refused);
  });

  it('arguments may have as many, and what a server says', async () => {
    const call = `{"jsonrpc":"2.0","id":7,"method":"m","params":{"arguments":{"args":{${keys}}}}}`;
    expect(await parseLarge(call, 'caller')).toEqual(parseMessage(call, 'caller'));
    const result = `{"jsonrpc":"2.0","id":7,"result":{"_meta":{${keys}}}}`;
    expect(await parseLarge(result, 'server')).toEqual(parseMessage(result, 'server'));
  });
});

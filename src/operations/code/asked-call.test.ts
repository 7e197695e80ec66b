import { describe, expect, it } from 'vitest';
import { readAsked } from './asked-call.ts';

describe('what a program asks for', () => {
  it('has names that can be shown', () => {
    expect(readAsked('call', '{"server":"s","tool":"t","args":{}}')).toMatchObject({
      server: 's',
      tool: 't',
      label: 's t',
    });
    expect(readAsked('search', '{"query":"x"}')?.label).toBe('search_tools');
  });

  it.each(['undefined', 'null', '5', '"x"', '[]', '{"a":1', ''])('is an object with members: not %j', (text) => {
    expect(readAsked('call', text)).toBeUndefined();
  });

  it('has no name where that is no text', () => {
    expect(readAsked('call', '{"server":{"a":1},"tool":7}')).toMatchObject({ server: '', tool: '' });
  });
});

import { describe, expect, it } from 'vitest';
import { LastChallenge } from './last-challenge.ts';

const challenge = (scope: string | undefined, error?: string) => ({ resourceMetadata: 'https://x/meta', scope, error });

describe('the last challenge', () => {
  it('names scopes where the entry has none, with those of before', () => {
    const last = new LastChallenge('mcp', undefined);
    expect(last.scopeToAskFor(undefined)).toBeUndefined();
    expect(last.scopeToAskFor('a')).toBe('a');
    last.replace(challenge('b a'));
    expect(last.scopeToAskFor('a')).toBe('a b');
    last.replace(undefined);
    expect(last.scopeToAskFor('a')).toBe('a');
  });

  it('adds to the scopes of the entry only where they were not enough', () => {
    const last = new LastChallenge('mcp', ['a', 'b']);
    last.replace(challenge('c'));
    expect(last.scopeToAskFor('d')).toBe('a b');
    last.replace(challenge('c', 'insufficient_scope'));
    expect(last.scopeToAskFor('d')).toBe('a b d c');
  });

  it('adds all scopes for a machine', () => {
    const last = new LastChallenge('mcp', ['a']);
    expect(last.allScopes(undefined)).toBe('a');
    last.replace(challenge('c'));
    expect(last.allScopes('b')).toBe('a b c');
  });

  it('goes along with the error that asks for a sign-in', () => {
    const last = new LastChallenge('mcp', undefined);
    expect(last.signInRequired()).toMatchObject({
      code: 'AUTH_REQUIRED',
      message:
        'Server "mcp" needs a sign-in: nobody is signed in to it. Its owner can do that with: agent-mcp-gateway auth login mcp',
      data: { server: 'mcp', challenge: undefined },
    });
    last.replace(challenge('c'));
    expect(last.resourceMetadata).toBe('https://x/meta');
    expect(last.signInRequired('it says no').data).toEqual({
      server: 'mcp',
      why: 'it says no',
      challenge: challenge('c'),
    });
  });
});

import { describe, expect, it, test } from 'vitest';
import { compile, type Policy } from './compile-rules.ts';
import { type AgentRules, decisionOf } from './rules-data.ts';

function policyFor(agent: AgentRules): Policy {
  return compile({ agents: { a: agent } });
}

/** Path of the deciding rule, with the decision in front. */
function decide(agent: AgentRules, server: string, tool?: string): string {
  const { allowed, rule } = policyFor(agent).decide('a', server, tool);
  return `${allowed ? '+' : '-'} ${rule}`;
}

describe('servers', () => {
  const agent: AgentRules = {
    allow: { servers: ['db_*', 'fs', '*_main', 'db_main'] },
    deny: { servers: ['*_replica', 'db_x', 'db_x_replica'] },
  };

  test.each([
    ['fs', '+ agents.a.allow.servers[1]'],
    ['db_y', '+ agents.a.allow.servers[0]'],
    ['db_main', '+ agents.a.allow.servers[3]'],
    ['db_z_main', '+ agents.a.allow.servers[0]'],
    ['x_main', '+ agents.a.allow.servers[2]'],
    ['db_x', '- agents.a.deny.servers[1]'],
    ['db_replica', '- agents.a.deny.servers[0]'],
    ['db_x_replica', '- agents.a.deny.servers[2]'],
    ['web', '- default_deny'],
    ['FS', '- default_deny'],
  ])('%s: %s', (server, expected) => {
    expect(decide(agent, server)).toBe(expected);
  });

  it('decides about a tool by its server first', () => {
    const rules: AgentRules = { ...agent, allow: { ...agent.allow, tools: { db_x: ['*'], web: ['*'] } } };
    expect(decide(rules, 'db_x', 'get')).toBe('- agents.a.deny.servers[1]');
    expect(decide(rules, 'web', 'get')).toBe('- default_deny');
  });
});

describe('tools', () => {
  const agent: AgentRules = {
    allow: { servers: ['*'], tools: { db: ['get_*', 'drop_x', 'delete_me', 'set', 's*'], 'd*': ['zap'] } },
    deny: { tools: { '*': ['*_secret', 'drop_all'], db: ['drop_*', 'delete_me', 'drop_x', 'drop_all'] } },
  };

  test.each([
    ['db', 'drop_x', '- agents.a.deny.tools.db[2]'],
    ['db', 'drop_y', '- agents.a.deny.tools.db[0]'],
    ['db', 'drop_all', '- agents.a.deny.tools.db[3]'],
    ['db', 'drop_secret', '- agents.a.deny.tools.db[0]'],
    ['db', 'delete_me', '- agents.a.deny.tools.db[1]'],
    ['db', 'get_secret', '- agents.a.deny.tools.*[0]'],
    ['db', 'get_rows', '+ agents.a.allow.tools.db[0]'],
    ['db', 'set', '+ agents.a.allow.tools.db[3]'],
    ['db', 'sum', '+ agents.a.allow.tools.db[4]'],
    ['db', 'zap', '- default_deny'],
    ['dx', 'zap', '+ agents.a.allow.tools.d*[0]'],
    ['dx', 'get_rows', '- default_deny'],
    ['web', 'anything', '+ implicit_grant'],
    ['web', 'drop_all', '- agents.a.deny.tools.*[1]'],
  ])('%s %s: %s', (server, tool, expected) => {
    expect(decide(agent, server, tool)).toBe(expected);
  });

  it('takes all matching patterns of allow.tools together where no literal key matches', () => {
    const rules: AgentRules = { allow: { servers: ['*'], tools: { 'db_*': ['get'], '*_main': ['set'], '?': ['x'] } } };
    expect(decide(rules, 'db_main', 'get')).toBe('+ agents.a.allow.tools.db_*[0]');
    expect(decide(rules, 'db_main', 'set')).toBe('+ agents.a.allow.tools.*_main[0]');
    expect(decide(rules, 'db_main', 'x')).toBe('- default_deny');
  });

  it('lets the literal key of allow.tools count alone, also an empty one', () => {
    const rules: AgentRules = { allow: { servers: ['*'], tools: { '*': ['*'], fs: ['read'], off: [] } } };
    expect(decide(rules, 'fs', 'write')).toBe('- default_deny');
    expect(decide(rules, 'off', 'read')).toBe('- default_deny');
    expect(decide(rules, 'web', 'read')).toBe('+ agents.a.allow.tools.*[0]');
  });
});

describe('names', () => {
  it('treats names of object members as ordinary names', () => {
    const odd = JSON.parse('{"__proto__": {"allow": {"servers": ["constructor"], "tools": {"__proto__": ["x"]}}}}');
    const policy = compile({ agents: odd });
    expect(policy.agents).toEqual(['__proto__']);
    expect(policy.decide('__proto__', 'constructor', 'toString').rule).toBe('implicit_grant');
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(policy.hasAgent(name)).toBe(false);
      expect(policy.decide(name, 'constructor').rule).toBe('unknown_agent');
    }
    const tools = JSON.parse('{"__proto__": ["x"]}');
    const agent: AgentRules = { allow: { servers: ['*'], tools } };
    expect(decide(agent, '__proto__', 'y')).toBe('- default_deny');
    expect(decide(agent, 'constructor', 'y')).toBe('+ implicit_grant');
  });

  it('quotes keys that a path could not hold', () => {
    const agent: AgentRules = { allow: { servers: ['*'] }, deny: { tools: { 'my "db"\n': ['x'], '[ab]': ['x'] } } };
    expect(decide(agent, 'my "db"\n', 'x')).toBe('- agents.a.deny.tools["my \\"db\\"\\n"][0]');
    expect(decide(agent, 'a', 'x')).toBe('- agents.a.deny.tools["[ab]"][0]');
  });
});

describe('deliberate divergences from the Python gateway', () => {
  test('D1 an agent that the rules do not have may use nothing, whatever deny_on_missing_agent says', () => {
    const policy = compile({
      agents: { a: { allow: { servers: ['*'] } } },
      defaults: { deny_on_missing_agent: false },
    });
    expect(policy.decide('b', 'fs', 'read')).toEqual(decisionOf('deny', 'unknown_agent'));
    expect(policy.hasAgent('b')).toBe(false);
  });

  test('D2 keys of allow.tools and deny.tools are server patterns', () => {
    const agent: AgentRules = {
      allow: { servers: ['*'], tools: { 'db_?': ['get*'] } },
      deny: { tools: { '*': ['delete_*'] } },
    };
    expect(decide(agent, 'fs', 'delete_file')).toBe('- agents.a.deny.tools.*[0]');
    expect(decide(agent, 'db_1', 'set')).toBe('- default_deny');
  });

  test('D3 an empty list in allow.tools allows nothing', () => {
    expect(decide({ allow: { servers: ['fs'], tools: { fs: [] } } }, 'fs', 'read')).toBe('- default_deny');
  });

  test('D5 ? and [...] are patterns also without a star', () => {
    const agent: AgentRules = { allow: { servers: ['fs'] }, deny: { tools: { fs: ['drop_?', 'rm_[a-c]'] } } };
    expect(decide(agent, 'fs', 'drop_1')).toBe('- agents.a.deny.tools.fs[0]');
    expect(decide(agent, 'fs', 'rm_b')).toBe('- agents.a.deny.tools.fs[1]');
    expect(decide({ allow: { servers: ['*'] }, deny: { servers: ['fs?'] } }, 'fs1')).toBe('- agents.a.deny.servers[0]');
  });

  test('D6 patterns work for server names and may hold several stars', () => {
    expect(decide({ allow: { servers: ['*db*main*'] } }, 'my_db_main_2')).toBe('+ agents.a.allow.servers[0]');
    expect(decide({ allow: { servers: ['*'] }, deny: { servers: ['d*_m*'] } }, 'db_main')).toBe(
      '- agents.a.deny.servers[0]',
    );
  });

  test('D7 deny.servers holds against a "*" in allow.servers, for the server itself', () => {
    expect(decide({ allow: { servers: ['*'] }, deny: { servers: ['fs'] } }, 'fs')).toBe('- agents.a.deny.servers[0]');
  });
});

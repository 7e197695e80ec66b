import { describe, expect, it } from 'vitest';
import { compileSelector } from './select.ts';

describe('select', () => {
  const compile = (expression: string) => compileSelector('x', 'me', expression);

  it('refuses what is no expression, or repeats its input without end', async () => {
    const refusal = { code: 'INVALID_ARGUMENTS' };
    await expect(compile('[[')).rejects.toMatchObject(refusal);
    await expect(compile('a'.repeat(600))).rejects.toMatchObject(refusal);
    await expect((await compile(Array(60).fill('[@,@][]').join('|')))('[1]')).rejects.toThrow('select less at once');
    await expect((await compile(`${'to_string(['.repeat(30)}@${'])'.repeat(30)}`))('[1]')).rejects.toThrow(
      'select less',
    );
    const typed = await compile('length(@)');
    await expect(typed('1')).rejects.toThrow('wrong type');
    expect(await typed('[1,2]')).toBe('2');
    await expect(typed('{')).rejects.toThrow('not JSON');
    expect(await (await compile('a.b'))('{}')).toBe('null');
  });

  it('selects from large results too', async () => {
    const rows = JSON.stringify({ rows: Array.from({ length: 20_000 }, (_, id) => ({ id, name: `n${id}` })) });
    expect(await (await compile('rows[?id > `19997`].name | sort(@)'))(rows)).toBe('["n19998","n19999"]');
  });
});

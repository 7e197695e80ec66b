/** What rules come to: `policy matrix` and `policy show`, with the built program (docs/rules.md). */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { makeHome } from '../support/home.ts';
import { HOSTILE, makePolicyHome, type PolicyHome, RULES, SERVERS } from '../support/policy-home.ts';
import { runCli } from '../support/process.ts';

let policyHome: PolicyHome;
beforeAll(async () => {
  policyHome = await makePolicyHome();
});
afterAll(() => policyHome.home.remove());

/** Contrast of the text of an element with what is behind it (WCAG 2.2). Runs in the browser. */
const CONTRAST = `(element) => {
  const style = getComputedStyle(element);
  const light = (color) => {
    const [red, green, blue] = color.match(/[\\d.]+/g).map(Number);
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const [one, other] = [light(style.color), light(style.backgroundColor)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}`;

describe('policy matrix', () => {
  it('has a decision of every agent for every server and tool, and its rule', async () => {
    const matrix = await policyHome.json('policy', 'matrix');
    expect(matrix).toMatchObject({ agents: ['dev', 'trial', 'idle'], shadow: ['trial'], unknown: [] });
    const row = matrix.rows.find(({ server, tool }) => server === 'db' && tool === 'drop_table');
    expect(row?.cells).toEqual([
      { outcome: 'DENY', rule: 'agents.dev.deny.tools.*[0]' },
      { outcome: 'SHADOW', rule: 'default_deny' },
      { outcome: 'ALLOW', rule: 'implicit_grant' },
    ]);
    for (const { server, tool, cells } of matrix.rows) {
      const asked = await policyHome.json('policy', 'explain', 'dev', server, ...(tool === null ? [] : [tool]));
      expect(cells[0]?.rule).toBe(asked.rule);
    }
  });

  it('knows what tools say of themselves, where servers have listed them', async () => {
    const allow = { servers: ['files', 'gone'], access: { '*': ['read'] } };
    const text = JSON.stringify({ agents: { dev: { allow } }, access: { files: { read_file: 'read' } } });
    const file = policyHome.rulesFile('access.json', text);
    const { rows } = await policyHome.json('policy', 'matrix', '--rules', file);
    const outcomes = rows.flatMap(({ server, tool, cells }) =>
      server === 'files' && tool?.endsWith('_file') ? [[tool, cells[0]?.outcome]] : [],
    );
    expect(outcomes).toEqual([
      ['read_file', 'ALLOW'],
      ['write_file', 'DENY'],
      ['delete_file', 'DENY'],
    ]);
    expect((await policyHome.cli('policy', 'show', 'dev', '--rules', file)).stdout).toContain('files: 1 of ');
  });

  it('is a table with numbered rules, and CSV that no spreadsheet runs', async () => {
    const { stdout, stderr } = await policyHome.cli('policy', 'matrix', '--agent', 'dev');
    expect(stdout).toMatch(/^ {2}drop_table +no 3$/m);
    expect(stdout).toContain('\n3  agents.dev.deny.tools.*[0]');
    expect(stderr).toBe('');
    const csv = (await policyHome.cli('policy', 'matrix', '--csv')).stdout.split('\r\n');
    expect(csv[0]).toBe('agent,server,tool,decision,rule');
    expect(csv).toContain('dev,files,"\'=cmd()",ALLOW,implicit_grant');
    expect((await policyHome.cli('policy', 'matrix', '--csv', '--html')).code).toBe(2);
    expect(await policyHome.cli('policy', 'matrix', '--agent', 'dve')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('dev'),
    });
  });

  it('is one page that runs nothing, asks nobody, and can be read in light and dark', async () => {
    const { stdout } = await policyHome.cli('policy', 'matrix', '--html');
    expect(stdout).toContain('&lt;img src=x');
    const file = path.join(policyHome.home.dir, 'matrix.html');
    writeFileSync(file, stdout);
    const browser = await openBrowser();
    try {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ colorScheme });
        const asked: string[] = [];
        const complaints: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        page.on('console', (message) => complaints.push(message.text()));
        await page.goto(pathToFileURL(file).href);
        expect(await page.title()).toBe('Who may use what');
        expect(asked).toHaveLength(1);
        expect(complaints).toEqual([]);
        expect(await page.locator('img, script, a, link').count()).toBe(0);
        expect(await page.locator('tbody th').allInnerTexts()).toContain(HOSTILE);
        expect(await page.locator('td.shadow').count()).toBeGreaterThan(0);
        for (const kind of ['.allow', '.deny', '.shadow', 'body']) {
          const contrast = await page.evaluate(`(${CONTRAST})(document.querySelector('${kind}'))`);
          expect(contrast, `${colorScheme} ${kind}`).toBeGreaterThan(4.5);
        }
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });

  it('starts the servers only when asked to', async () => {
    const empty = makeHome({ servers: SERVERS, rules: RULES });
    const run = (...args: string[]) => runCli(args, { env: empty.env, cwd: empty.cwd });
    const before = await run('policy', 'matrix', '--json');
    expect(JSON.parse(before.stdout).unknown).toEqual(['db', 'files']);
    expect(before.stderr).toContain('--live');
    const live = await run('policy', 'matrix', '--json', '--live');
    expect(JSON.parse(live.stdout).unknown).toEqual([]);
    expect(live.stderr).toMatch(/^files: \d+ tools$/m);
    empty.remove();
  });
});

describe('policy show', () => {
  it('says in words what an agent may do', async () => {
    const { stdout, code } = await policyHome.cli('policy', 'show', 'dev');
    expect(code).toBe(0);
    expect(stdout).toContain('dev may use every server.\n');
    expect(stdout).toContain(
      'dev may never use tools that match "drop_*" of every server, whatever else is allowed.\n',
    );
    expect(stdout).toMatch(/^ {2}db: 7 of 8 known tools: .*query/m);
    expect((await policyHome.cli('policy', 'show', 'trial')).stdout).toMatch(
      /^trial is in shadow mode: .*not enforced/,
    );
    expect(await policyHome.json('policy', 'show', 'idle')).toMatchObject({ agent: 'idle', shadow: false });
    expect((await policyHome.cli('policy', 'show', 'nobody')).code).toBe(2);
  });
});

/** The web page (docs/ui.md): who may look, what it shows, and that nothing that others wrote is more than text. */
import { appendFileSync } from 'node:fs';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { type StdioGateway, serveStdio } from '../support/gateway.ts';
import { fileText, type Home, makeHome, servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { execute } from '../support/tools.ts';
import { type ContextOptions, follow, type Page, seriousIn, startUi, type Ui } from '../support/ui.ts';

const RULES = {
  agents: {
    default: {
      allow: { servers: ['calc', 'slow'] },
      deny: { tools: { calc: ['fail'] } },
      ask: { tools: { calc: ['label'] } },
    },
    reader: { allow: { servers: ['calc'], tools: { calc: ['add'] } } },
  },
};
/** What a hostile server, agent or model might write. */
const PAYLOAD = `</script><img src=x onerror="document.title='owned'"><b>bold</b>\u202e`;

let home: Home;
let gateway: StdioGateway;
let browser: Browser;
let ui: Ui;

beforeAll(async () => {
  home = makeHome({ servers: servers({ calc: fixture('calc'), slow: fixture('slow') }), rules: RULES });
  gateway = await serveStdio({ home });
  await execute(gateway.rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } });
  await execute(gateway.rpc, { server: 'calc', tool: PAYLOAD, args: {} });
  browser = await openBrowser();
  ui = await startUi(home, '--write');
});

afterAll(async () => {
  await browser?.close();
  await ui?.running.stop('SIGINT');
  await gateway?.stop();
});

const view = (options: ContextOptions = {}, started = ui): Promise<Page> => follow(browser, started, options);

describe('who may look', () => {
  it('is whoever follows the link first; nobody can use it again', async () => {
    const own = await startUi(home);
    const page = await view({}, own);
    await page.getByRole('heading', { name: 'Now' }).waitFor();
    expect(page.url()).toBe(`${own.origin}/#/now`);
    await page.reload();
    await page.getByRole('heading', { name: 'Calls as they end' }).waitFor();
    const other = await view({}, own);
    await other.getByText('This link was used before').waitFor();
    await other.goto(`${own.origin}/`);
    await other.getByText('This browser may not look').waitFor();
    await own.running.stop('SIGINT');
  });

  it('sends nothing without the cookie and the token of one browser', async () => {
    const own = await startUi(home);
    const { headers } = await ask(new URL(own.link));
    const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
    const token = String(headers.location).split('=')[1] ?? '';
    expect(headers['set-cookie']?.[0]).toMatch(/HttpOnly; SameSite=Strict/);
    const now = new URL('/api/now', own.origin);
    const status = async (sent: Record<string, string>, method = 'GET', url = now) =>
      (await ask(url, { headers: sent, method })).status;
    expect(await status({})).toBe(401);
    expect(await status({ cookie })).toBe(401);
    expect(await status({ 'x-gateway-token': token })).toBe(401);
    const both = { cookie, 'x-gateway-token': token };
    expect(await status(both)).toBe(200);
    expect(await status({ ...both, host: 'evil.example' })).toBe(403);
    expect(await status({ ...both, origin: 'https://evil.example' })).toBe(403);
    expect(
      await status({ ...both, 'content-type': 'application/json' }, 'POST', new URL('/api/servers/calc/restart', now)),
    ).toBe(403);
    await own.running.stop('SIGINT');
  });

  it('sees a page that runs its own script alone, loads nothing, and cannot be framed', async () => {
    const { headers } = await ask(new URL(ui.origin));
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+';/,
    );
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
  });
});

/** A request with whatever headers. */
function ask(url: URL, options: { headers?: Record<string, string>; method?: string } = {}) {
  return new Promise<{ status: number | undefined; headers: import('node:http').IncomingHttpHeaders }>(
    (resolve, reject) => {
      const sent = request(url, options, (response) => {
        response.resume();
        resolve({ status: response.statusCode, headers: response.headers });
      });
      sent.on('error', reject).end(options.method === 'POST' ? '{}' : undefined);
    },
  );
}

describe('what it shows', () => {
  let page: Page;
  const requested = new Set<string>();

  beforeAll(async () => {
    page = await view();
    page.on('request', (sent) => requested.add(new URL(sent.url()).origin));
  });

  it('shows a denied call as it happens, with its rule, and everything about it', async () => {
    await page.goto(`${ui.origin}/#/now`);
    await page.getByText('calc/add').first().waitFor();
    await execute(gateway.rpc, { server: 'calc', tool: 'fail', args: { secret: 'value of an argument' } });
    const item = page.getByRole('listitem').filter({ hasText: 'calc/fail' });
    await item.getByText('agents.default.deny.tools.calc[0]').waitFor();
    await item.getByText('denied', { exact: true }).waitFor();
    await item.getByRole('link').click();
    await page.getByRole('heading', { name: /^Request / }).waitFor();
    await page.getByText('["secret"]').waitFor();
    expect(await page.content()).not.toContain('value of an argument');
  });

  it('filters and counts past calls', async () => {
    await page.goto(`${ui.origin}/#/calls`);
    await page.getByLabel('Denied').check();
    await page.getByRole('cell', { name: 'allowed' }).waitFor({ state: 'detached' });
    await page.getByRole('cell', { name: 'denied' }).first().waitFor();
    await page.goto(`${ui.origin}/#/calls?by=tool&server=calc`);
    await page.getByRole('rowheader', { name: 'calc / add' }).waitFor();
  });

  it('draws the rules with the function that decides, and compares others as policy diff does', async () => {
    await page.goto(`${ui.origin}/#/rules`);
    const cells = page
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: 'calc', exact: true }) })
      .getByRole('cell');
    await cells.first().waitFor();
    expect(await cells.allInnerTexts()).toEqual([
      expect.stringContaining('allowed'),
      expect.stringContaining('allowed'),
    ]);
    const changed = fileText({ agents: { ...RULES.agents, reader: { allow: { servers: [] } } } });
    await page.getByLabel('Changed rules').fill(changed);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText(/would change/).waitFor();
    const after = `${home.rules}.changed`;
    appendFileSync(after, changed);
    const { stdout } = await runCli(['policy', 'diff', home.rules, after, '--json'], { env: home.env, cwd: home.dir });
    const { tools } = JSON.parse(stdout) as { tools: { server: string; name: string | null }[] };
    expect(tools.length).toBeGreaterThan(1);
    for (const { name } of tools) {
      await page.getByRole('row', { name: new RegExp(`reader calc ${name ?? 'the server'} allowed`) }).waitFor();
    }
    await page.getByLabel('Changed rules').fill('{"agents": 1}');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText(/changed rules:1/).waitFor();
  });

  it('lets a call through that waits for a person once it is answered here', async () => {
    const calling = execute(gateway.rpc, { server: 'calc', tool: 'label', args: { note: PAYLOAD } });
    await page.goto(`${ui.origin}/#/approvals`);
    await page.getByRole('heading', { name: 'default wants to use calc / label' }).waitFor();
    await page.getByText('\\u{202e}').waitFor();
    expect(await page.locator('main img, main b').count()).toBe(0);
    await page.getByRole('button', { name: 'Yes, once' }).click();
    expect((await calling).isError).not.toBe(true);
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor();
  });

  it('draws the parts of the time of a call one after the other, the wait for a person among them', async () => {
    await page.goto(`${ui.origin}/#/now`);
    await page.getByRole('listitem').filter({ hasText: 'calc/label' }).getByRole('link').first().click();
    const parts = page.locator('.waterfall tr');
    await parts.last().waitFor();
    const names = await parts.locator('th').allInnerTexts();
    expect(names[0]).toBe('Decided and recorded');
    expect(names).toEqual(expect.arrayContaining(['Asked people', 'The server']));
    expect(names.at(-1)).toBe('Altogether');
    const bars = await parts
      .locator('.bar')
      .evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().toJSON()));
    expect(bars.length).toBe(names.length - 1);
    for (const [at, { x }] of bars.entries()) {
      const before = bars[at - 1];
      if (before === undefined) continue;
      // The shortest bars are drawn wider than they are, so that one sees them.
      expect(x).toBeGreaterThanOrEqual(before.x);
      expect(x).toBeLessThan(before.x + before.width + 1);
    }
  });

  it('takes what others wrote as text', async () => {
    await page.goto(`${ui.origin}/#/calls`);
    await page.getByText('<b>bold</b>').first().waitFor();
    // The number of questions that wait is told a moment after the list of them.
    await vi.waitFor(async () => expect(await page.title()).toBe('Calls · agent-mcp-gateway'), 5_000);
    expect(await page.locator('main img, main b').count()).toBe(0);
    expect([...requested]).toEqual([ui.origin]);
  });
});

describe.each(process.env['LONG'] === '1' ? (['light', 'dark'] as const) : (['dark'] as const))(
  'for everybody, %s',
  (colorScheme) => {
    it('has nothing serious that axe finds, and no view is wider than a phone', async () => {
      const own = await startUi(home, '--write');
      // What axe injects would not run otherwise.
      const page = await view({ colorScheme, bypassCSP: true, viewport: { width: 360, height: 740 } }, own);
      const waiting = execute(gateway.rpc, { server: 'calc', tool: 'label' });
      for (const name of [
        'approvals',
        'now',
        'calls',
        'rules',
        'servers?name=calc',
        'savings',
        'calls?by=agent',
        'definitions',
      ]) {
        await page.goto(`${own.origin}/#/${name}`);
        await page.locator('main table, main .card, main .feed, main .list, main .empty').first().waitFor();
        if (name === 'approvals') await page.getByRole('button', { name: 'Yes, once' }).waitFor();
        expect(await seriousIn(page), name).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), name).toBeLessThanOrEqual(0);
      }
      await page.goto(`${own.origin}/#/approvals`);
      await page.getByRole('button', { name: 'Yes, once' }).click();
      await waiting;
      await own.running.stop('SIGINT');
    });
  },
);

it('says what to do where nothing happened yet', async () => {
  const empty = makeHome({ servers: servers({}), rules: { agents: {} } });
  const started = await startUi(empty);
  const page = await view({}, started);
  await page.getByRole('heading', { name: 'No gateway runs now' }).waitFor();
  await page.getByText('agent-mcp-gateway connect claude-code').waitFor();
  expect((await started.running.stop('SIGINT')).code).toBe(130);
});

it('is small', async () => {
  const page = await (await fetch(ui.origin)).text();
  expect(gzipSync(page).length).toBeLessThan(150 * 1024);
});

it('draws a part of a matrix of 500 agents and 200 servers, wherever one looks', async () => {
  const agents = Object.fromEntries(
    Array.from({ length: 500 }, (_, at) => [`agent-${at}`, { allow: { servers: ['s-1*'] } }]),
  );
  const entries = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`s-${at}`, fixture('calc')]));
  const large = makeHome({ servers: servers(entries), rules: { agents } });
  const own = await startUi(large);
  const page = await view({}, own);
  await page.goto(`${own.origin}/#/rules`);
  const table = page.getByRole('table', { name: '' }).first();
  await page.getByRole('columnheader', { name: 'agent-0', exact: true }).waitFor();
  expect(await table.getAttribute('aria-colcount')).toBe('501');
  expect(await page.locator('.matrix td').count()).toBeLessThan(3000);
  // By keyboard, as with everything that scrolls.
  await page.getByLabel('Agents, servers and tools').focus();
  await page.keyboard.press('End');
  await page.locator('.matrix [aria-rowindex="201"]').waitFor();
  await page.getByLabel('servers and tools', { exact: true }).fill('s-199');
  await page.getByLabel('agents', { exact: true }).fill('agent-499');
  await page
    .getByRole('row', { name: /^s-199/ })
    .getByRole('cell', { name: 'allowed: agents.agent-499.allow.servers[0]' })
    .waitFor();
  await own.running.stop('SIGINT');
  large.remove();
});

it('works by keyboard alone', async () => {
  const own = await startUi(home);
  const page = await view({}, own);
  await page.getByRole('heading', { name: 'Now' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Calls', exact: true }).waitFor();
  expect(await page.evaluate('document.activeElement?.id')).toBe('main');
  await own.running.stop('SIGINT');
});

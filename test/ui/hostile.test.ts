/** A server, an agent and a model whose every string is a payload: in each view of the page it is text, and nothing else (docs/ui.md). */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { type StdioGateway, serveStdio } from '../support/gateway.ts';
import { makeHome, servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { execute } from '../support/tools.ts';
import { follow, type Page, startUi, type Ui } from '../support/ui.ts';

const OWN = `globalThis.owned=1;document.title='owned'`;
const PAYLOAD = [
  `</script><script>${OWN}</script></style><style>body{display:none}</style>`,
  `<img src=x onerror="${OWN}"><svg onload="${OWN}"><iframe srcdoc="<b>x"></iframe>`,
  `<a href="javascript:${OWN}">j</a><base href=https://evil.example/><meta http-equiv=refresh content=0>`,
  `"' onfocus="${OWN}" autofocus x="{{${OWN}}}\${${OWN}}`,
  '\u202e\u2066\u200b\u0007\u001b[31m',
].join(' ');

/** The same as far as the servers file takes it as a name. */
const SERVER = `<img src=x onerror="globalThis.owned=1">`;

let browser: Browser;
let gateway: StdioGateway;
let ui: Ui;
let page: Page;
const requested = new Set<string>();
let dialogs = 0;

beforeAll(async () => {
  const home = makeHome({
    servers: servers({
      [SERVER]: fixture('payload', { PAYLOAD: Buffer.from(PAYLOAD).toString('base64') }),
      broken: { command: PAYLOAD },
    }),
    rules: {
      definitions: { '*': 'quarantine' },
      agents: { default: { allow: { servers: ['*'] }, deny: { tools: { broken: ['*'] } } } },
    },
  });
  gateway = await serveStdio({ home });
  const call = (server: string, tool: string): Promise<unknown> =>
    execute(gateway.rpc, { server, tool, args: { [PAYLOAD]: PAYLOAD } });
  for (const tool of ['plain', PAYLOAD]) await call(SERVER, tool);
  await call('broken', PAYLOAD);
  await call(`${PAYLOAD} of a model`, PAYLOAD);
  browser = await openBrowser();
  ui = await startUi(home, '--write');
  page = await follow(browser, ui);
  page.on('request', (sent) => requested.add(new URL(sent.url()).origin));
  page.on('dialog', (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
});

afterAll(async () => {
  await browser?.close();
  await ui?.running.stop('SIGINT');
  await gateway?.stop();
});

const name = encodeURIComponent(SERVER);

it.each<readonly [string, string, string]>([
  ['Now', 'now', '.feed'],
  ['Calls', 'calls', 'table.calls'],
  ['Calls', `calls?server=${name}&agent=${name}&by=tool`, '.empty, table.counts'],
  ['Calls', 'calls?by=tool', 'table.counts'],
  ['Calls', `calls?request=${encodeURIComponent(PAYLOAD)}`, '.card'],
  ['Definitions', `definitions?server=${name}`, '.changes'],
  ['Rules', 'rules', '.matrix tbody th bdi'],
  ['Servers', `servers?name=${name}`, '.details pre'],
  ['Savings', 'savings', 'table.savings'],
  ['Approvals', `approvals?${encodeURIComponent(PAYLOAD)}`, '.empty'],
])('%s takes it as text (%#)', async (title, hash, there) => {
  await page.goto(`${ui.origin}/#/${hash}`);
  await page.locator(there).first().waitFor();
  expect(await page.title()).toContain(title);
  expect(await page.evaluate('globalThis.owned')).toBeUndefined();
  expect(
    await page.locator('#app :is(img, iframe, script, style, base, meta, object, embed, form[action])').count(),
  ).toBe(0);
  expect(
    await page.locator('#app [onload], #app [onerror], #app [onfocus], #app [autofocus], #app [srcdoc]').count(),
  ).toBe(0);
  expect(await page.locator('a[href^="javascript:" i]').count()).toBe(0);
  expect(await page.evaluate('document.body.checkVisibility()')).toBe(true);
  expect([...requested]).toEqual([ui.origin]);
  expect(dialogs).toBe(0);
});

it('shows what is invisible in changed definitions, with what the scan found', async () => {
  await page.goto(`${ui.origin}/#/definitions?server=${name}`);
  await page.getByText('\\u{202e}').first().waitFor();
  await page.getByLabel('The scan found').getByText('high').first().waitFor();
  // Nobody accepted it, and a click on it accepts all of it by its real name.
  await page.getByRole('button', { name: /^Accept all/ }).click();
  await page.getByRole('heading', { name: 'Nothing changed' }).waitFor();
});

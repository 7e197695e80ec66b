/** A person with a browser. */
import { type Browser, chromium, type Page } from 'playwright-core';

/** Without a sandbox, because tests may run as root; and it finds nobody but this machine. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/** @throws where there is no Chromium, saying how to get one. */
export async function openBrowser(): Promise<Browser> {
  const { href } = new URL('../../scripts/browser.mjs', import.meta.url);
  const { findBrowser, NO_BROWSER } = (await import(href)) as {
    readonly findBrowser: () => string | undefined;
    readonly NO_BROWSER: string;
  };
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error(NO_BROWSER);
  return chromium.launch({ executablePath, args: FLAGS, chromiumSandbox: false });
}

/** Where a sign-in ended. */
export interface LastPage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly heading: string;
  readonly scripts: number;
}

/** Follows a sign-in link, says a name, allows, and comes to the last page. */
export function signIn(browser: Browser, link: string, name: string): Promise<LastPage> {
  return withPage(browser, async (page) => {
    const away = page.waitForResponse(
      (response) => !isOf(link, response.url()) && response.request().isNavigationRequest(),
    );
    await allow(page, link, name);
    const response = await away;
    const heading = await page.getByRole('heading').innerText();
    const scripts = await page.locator('script').count();
    return { url: response.url(), headers: await response.allHeaders(), heading, scripts };
  });
}

/** The same on a machine from which the gateway cannot be reached. @returns the address that the browser could not open */
export function signInElsewhere(browser: Browser, link: string, name: string): Promise<string> {
  return withPage(browser, async (page) => {
    const session = await page.context().newCDPSession(page);
    const away = new Promise<string>((resolve) => {
      session.on('Fetch.requestPaused', ({ request, requestId }) => {
        const isHere = isOf(link, request.url);
        if (!isHere) resolve(request.url);
        const answer = isHere
          ? session.send('Fetch.continueRequest', { requestId })
          : session.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionRefused' });
        // The page may be closed by then.
        answer.catch(() => undefined);
      });
    });
    await session.send('Fetch.enable');
    await allow(page, link, name);
    return away;
  });
}

async function allow(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Allow' }).click();
}

/** In a context of its own: nobody is signed in yet. */
async function withPage<T>(browser: Browser, action: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext();
  try {
    return await action(await context.newPage());
  } finally {
    await context.close();
  }
}

function isOf(link: string, url: string): boolean {
  return new URL(url).origin === new URL(link).origin;
}

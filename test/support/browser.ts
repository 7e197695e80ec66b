/** A person with a browser. */
import { type Browser, chromium } from 'playwright-core';

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
export async function signIn(browser: Browser, link: string, name: string): Promise<LastPage> {
  // A context of its own: nobody is signed in yet.
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(link);
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    const { origin } = new URL(link);
    const away = page.waitForResponse(
      (response) => new URL(response.url()).origin !== origin && response.request().isNavigationRequest(),
    );
    await page.getByRole('button', { name: 'Allow' }).click();
    const response = await away;
    const heading = await page.getByRole('heading').innerText();
    const scripts = await page.locator('script').count();
    return { url: response.url(), headers: await response.allHeaders(), heading, scripts };
  } finally {
    await context.close();
  }
}

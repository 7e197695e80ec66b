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

/** Follows a sign-in link, says a name, allows, and comes to the last page. */
export async function signIn(browser: Browser, link: string, name: string): Promise<Page> {
  // A context of its own: nobody is signed in yet.
  const page = await (await browser.newContext()).newPage();
  await page.goto(link);
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL((url) => url.origin !== new URL(link).origin);
  return page;
}

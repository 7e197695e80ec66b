/** The web page of `ui`, and a browser that looks at it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { openBrowser } from './browser.ts';
import type { Home } from './home.ts';
import { type Running, startGateway, until } from './process.ts';

type Browser = Awaited<ReturnType<typeof openBrowser>>;
export type Page = Awaited<ReturnType<Browser['newPage']>>;
export type ContextOptions = NonNullable<Parameters<Browser['newContext']>[0]>;

export interface Ui {
  readonly running: Running;
  /** A link that works once. */
  readonly link: string;
  readonly origin: string;
}

/** Starts `ui` in a home of its own. */
export async function startUi(home: Home, ...flags: string[]): Promise<Ui> {
  const running = startGateway(['ui', '--no-open', ...flags], { env: home.env, cwd: home.dir });
  let text = '';
  running.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await until(() => text.includes('\n'), 'the link is printed');
  const link = text.trim();
  return { running, link, origin: new URL(link).origin };
}

/** A browser of its own that followed a link. */
export async function follow(browser: Browser, { link }: Ui, options: ContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(link);
  return page;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious findings of axe in a page; the page has to bypass its CSP for that. */
export async function seriousIn(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return serious.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`);
}

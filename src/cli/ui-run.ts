/** Runs `ui`: serves the page to its owner until it is ended. */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { runtimeDir, type Settings } from '../config/settings.ts';
import { readPage } from '../transport/http/ui-page.ts';
import { serveUi } from '../ui/ui-server.ts';
import { user } from './accept-definitions.ts';
import { openBrowser } from './browser.ts';
import { closeOnInterruption } from './interruption.ts';
import { print, say } from './output.ts';
import { uiRoutes } from './ui-routes.ts';

interface UiCommandOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly mayWrite: boolean;
  /** True to open a browser, where there is one. */
  readonly opens: boolean;
}

/**
 * Prints a link that works once, and another one for each Enter. Goes on until the process is ended.
 * @throws GatewayError CANNOT_LISTEN
 */
export async function uiCommand(settings: Settings, { port, mayWrite, opens }: UiCommandOptions): Promise<void> {
  const { routes, close } = uiRoutes({ settings, sockets: runtimeDir(settings), isOwner: true });
  const server = await serveUi({ port, mayWrite, who: user(), page: readPage(), routes });
  closeOnInterruption(() => Promise.all([server.close(), close()]));
  const link = server.link();
  print(link);
  if (opens) openBrowser(link);
  if (!process.stdin.isTTY) return;
  say('This link works once. Enter prints another one, Ctrl-C ends the page.');
  createInterface({ input: process.stdin, terminal: false }).on('line', () => print(server.link()));
}

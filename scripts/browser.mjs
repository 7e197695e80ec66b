/** The browser that people sign in with, in tests. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { installPackages } from './debian.mjs';

const USUAL = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Its path; undefined where there is none. */
export function findBrowser() {
  return process.env.CHROMIUM || USUAL.find((file) => existsSync(file));
}

export const NO_BROWSER =
  'There is no Chromium here, and the tests of signing in need one. Debian and Ubuntu: "apt-get install chromium". ' +
  'Elsewhere: install Chromium or Chrome; CHROMIUM=/path/to/it names one in another place.';

/** Installs one where the system's package manager may be used without asking. @returns whether there is one now */
export function installBrowser() {
  installPackages('chromium');
  return findBrowser() !== undefined;
}

/**
 * The pictures of the web page in README.md and docs/ui.md: a real gateway with real servers, looked at with Chromium.
 * `npm run pictures` writes them into docs/public.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { findBrowser, NO_BROWSER } from './browser.mjs';
import { picture } from './pictures/png.mjs';
import { startScene } from './pictures/scene.mjs';

const OUT = resolve('docs/public');
const SIZE = { width: 1040, height: 650 };

const dir = mkdtempSync(join(tmpdir(), 'gateway-pictures-'));
const scene = await startScene(dir);
const executablePath = findBrowser();
if (executablePath === undefined) throw new Error(NO_BROWSER);
const browser = await chromium.launch({ executablePath, chromiumSandbox: false, args: ['--disable-gpu'] });
try {
  mkdirSync(OUT, { recursive: true });
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(scene.link);
  await page.getByRole('heading', { name: 'Calls as they end' }).waitFor();
  save('page.png', await session(page));
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const [name, hash, there] of [
    ['page-definitions.png', '#/definitions?server=sums', '.changes'],
    ['page-rules.png', '#/rules', '.matrix tbody th'],
  ]) {
    await show(page, hash, there);
    save(name, [{ file: await page.screenshot(), ms: 0 }]);
  }
} finally {
  await browser.close();
  await scene.stop();
  rmSync(dir, { recursive: true, force: true });
}
process.exit();

/** The steps of a person, frame by frame. */
async function session(page) {
  const shots = [];
  const shoot = async (ms) => shots.push({ file: await page.screenshot(), ms });
  for (let count = 0; count < 4; count++) {
    await shoot(700);
    await scene.calls(5);
    await page.getByText(scene.lastTool()).first().waitFor();
  }
  const asking = scene.ask();
  await page.getByRole('link', { name: /waits for your answer/ }).waitFor();
  await shoot(1400);
  await page.getByRole('link', { name: /waits for your answer/ }).click();
  await page.getByRole('button', { name: 'Yes, once' }).waitFor();
  await shoot(2200);
  await page.getByRole('button', { name: 'Yes, once' }).click();
  await asking;
  await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor();
  await shoot(900);
  await show(page, '#/definitions?server=sums', '.changes');
  await shoot(2600);
  await page.goto(new URL('#/calls', page.url()).href);
  await page.getByRole('button', { name: 'write_file' }).first().click();
  await page.getByText('Asked people').waitFor();
  await shoot(2600);
  await show(page, '#/rules', '.matrix tbody th');
  await shoot(2400);
  return shots;
}

async function show(page, hash, there) {
  await page.goto(new URL(hash, page.url()).href);
  await page.locator(there).first().waitFor();
}

function save(name, shots) {
  const bytes = picture(shots);
  writeFileSync(join(OUT, name), bytes);
  process.stdout.write(`docs/public/${name}: ${Math.round(bytes.length / 1024)} KB, ${shots.length} frames\n`);
}

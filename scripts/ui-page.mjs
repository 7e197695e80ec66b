/** Builds the web page: its script and its style inside one file of HTML, so that a browser loads nothing else. */
import { readFileSync } from 'node:fs';
import { rolldown } from 'rolldown';

/** @returns the page, and the modules that are in it */
export async function buildPage() {
  const bundle = await rolldown({
    input: 'ui/main.tsx',
    platform: 'browser',
    transform: { target: 'es2022', jsx: { runtime: 'automatic', importSource: 'preact' } },
    tsconfig: false,
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true, comments: { legal: false } });
  await bundle.close();
  const [{ code, moduleIds }] = output;
  const html = readFileSync('ui/index.html', 'utf8');
  const style = readFileSync('ui/style.css', 'utf8').replaceAll(/\s*\n\s*/g, '\n');
  // A function: neither text may be read as a pattern of replacement.
  const page = html.replace('/* style */', () => style).replace('/* script */', () => closed(code));
  return { page, moduleIds };
}

/** Nothing in a script may look like its end. */
function closed(code) {
  return code.trim().replaceAll('</script', '<\\/script');
}

/** The echo server over stdio. `--era legacy|modern --tools N --delay MS`. Answers to what came together go out together. */
import { createEcho } from './echo-tools.mjs';
import { options } from './options.mjs';

const given = options();
const answer = createEcho({ era: given.get('era') ?? 'modern', tools: Number(given.get('tools') ?? 1) });

const delay = Number(given.get('delay') ?? 0);

let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  let out = '';
  for (const line of lines) {
    const text = answer(line);
    if (text !== undefined) out += `${text}\n`;
  }
  if (out === '') return;
  if (delay > 0) setTimeout(() => process.stdout.write(out), delay);
  else process.stdout.write(out);
});
process.stdin.on('end', () => process.exit(0));

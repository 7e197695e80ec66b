import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, run } from '../install.mjs';

const PROGRAM = fileURLToPath(new URL('../programs/go', import.meta.url));
const MODULE = 'github.com/modelcontextprotocol/go-sdk';

export const goSdk = {
  name: 'Go SDK',
  async install() {
    const dir = folder('go-sdk');
    cpSync(PROGRAM, dir, { recursive: true });
    if (!existsSync(path.join(dir, 'go.mod'))) await run('go', ['mod', 'init', 'client'], { cwd: dir });
    await run('go', ['get', `${MODULE}@latest`], { cwd: dir });
    await run('go', ['mod', 'tidy'], { cwd: dir });
    await run('go', ['build', '-o', 'client', '.'], { cwd: dir });
    const [, version = '?'] =
      new RegExp(`${MODULE} v(\\S+)`).exec(readFileSync(path.join(dir, 'go.mod'), 'utf8')) ?? [];
    return { program: path.join(dir, 'client'), version };
  },
  start: ({ program }, plan) => ({ command: program, args: [JSON.stringify(plan)] }),
};

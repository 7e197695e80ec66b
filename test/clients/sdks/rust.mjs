import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, run } from '../install.mjs';

const PROGRAM = fileURLToPath(new URL('../programs/rust', import.meta.url));
const FEATURES = 'client,transport-child-process,transport-streamable-http-client-reqwest,reqwest';

export const rustSdk = {
  name: 'Rust SDK',
  async install() {
    const cwd = folder('rust-sdk');
    cpSync(PROGRAM, cwd, { recursive: true });
    await run('cargo', ['add', '--quiet', 'rmcp', '--features', FEATURES], { cwd });
    await run('cargo', ['add', '--quiet', 'tokio', '--features', 'full'], { cwd });
    await run('cargo', ['add', '--quiet', 'serde', '--features', 'derive'], { cwd });
    await run('cargo', ['add', '--quiet', 'serde_json'], { cwd });
    await run('cargo', ['update', '--quiet'], { cwd });
    await run('cargo', ['build', '--quiet'], { cwd });
    const lock = readFileSync(path.join(cwd, 'Cargo.lock'), 'utf8');
    const [, version = '?'] = /name = "rmcp"\nversion = "([^"]+)"/.exec(lock) ?? [];
    return { program: path.join(cwd, 'target/debug/client'), version };
  },
  start: ({ program }, plan) => ({ command: program, args: [JSON.stringify(plan)] }),
};

import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, run } from '../install.mjs';

const PROGRAM = fileURLToPath(new URL('../programs/java', import.meta.url));

export const javaSdk = {
  name: 'Java SDK',
  async install() {
    const cwd = folder('java-sdk');
    cpSync(PROGRAM, cwd, { recursive: true });
    await run('mvn', ['-q', '-B', '-U', 'versions:use-latest-releases', '-DgenerateBackupPoms=false'], { cwd });
    await run('mvn', ['-q', '-B', 'compile', 'dependency:build-classpath', '-Dmdep.outputFile=classpath'], { cwd });
    const [, version = '?'] =
      /<artifactId>mcp<\/artifactId>\s*<version>([^<]+)</.exec(readFileSync(path.join(cwd, 'pom.xml'), 'utf8')) ?? [];
    return {
      classpath: `${path.join(cwd, 'target/classes')}:${readFileSync(path.join(cwd, 'classpath'), 'utf8').trim()}`,
      version,
    };
  },
  start: ({ classpath }, plan) => ({ command: 'java', args: ['-cp', classpath, 'Main', JSON.stringify(plan)] }),
};

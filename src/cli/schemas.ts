/** `schemas`: writes the JSON Schema files that editors use. For the making of a release, hence hidden. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { formatJson } from '../config/schema-text.ts';
import { fail, say } from './output.ts';

/** Adds the command `schemas`. */
export function registerSchemas(program: Command): void {
  program
    .command('schemas', { hidden: true })
    .description('write the JSON Schema files of both configuration files')
    .requiredOption('--out <dir>', 'folder to write them to')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway schemas --out schemas')
    .action(async ({ out }: { out: string }) => {
      try {
        const { jsonSchemas } = await import('../config/json-schemas.ts');
        await mkdir(out, { recursive: true });
        for (const [name, schema] of jsonSchemas()) {
          await writeFile(join(out, name), formatJson(schema));
          say(`Wrote ${join(out, name)}`);
        }
      } catch (error) {
        fail(error);
      }
    });
}

#!/usr/bin/env node
// Writes the layer rules of biome.json: a folder may import only from folders below it in this list.
import { readFileSync, writeFileSync } from 'node:fs';

export const LAYERS = [
  'cli',
  'ui',
  'setup',
  'cluster',
  'gateway',
  'transport',
  'mcp',
  'admin',
  'identity',
  'pipeline',
  'approvals',
  'operations',
  'relay',
  'catalog',
  'upstream',
  'store',
  'audit',
  'config',
  'policy',
  'protocol',
  'observe',
  'shared',
];

/** Packages that only one layer may use, so that each can be replaced in one folder. */
const PACKAGES = { undici: 'upstream', '@modelcontextprotocol/client': 'upstream', commander: 'cli', ioredis: 'store' };

const overrides = LAYERS.map((layer, index) => {
  const above = LAYERS.slice(0, index);
  const patterns = [];
  if (above.length > 0) {
    const group = above.map((name) => `**/${name}/**`);
    patterns.push({ group, message: `src/${layer} may only import from the layers below it (docs/architecture.md).` });
  }
  const foreign = Object.entries(PACKAGES).filter(([, owner]) => owner !== layer);
  const paths = Object.fromEntries(foreign.map(([name, owner]) => [name, `Only src/${owner} uses ${name}.`]));
  return {
    includes: [`src/${layer}/**/*.ts`],
    linter: { rules: { style: { noRestrictedImports: { level: 'error', options: { paths, patterns } } } } },
  };
});

const file = new URL('../biome.json', import.meta.url);
const config = JSON.parse(readFileSync(file, 'utf8'));
config.overrides = [
  ...(config.overrides ?? []).filter((o) => !o.linter?.rules?.style?.noRestrictedImports),
  ...overrides,
];
writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);

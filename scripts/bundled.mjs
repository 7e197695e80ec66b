/**
 * What of others is in the build: their licences as one text, and a bill of materials (CycloneDX). Both ship with it, made of
 * the modules that the bundler took, so that neither can name too little.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Writes `THIRD-PARTY.txt` and `sbom.cdx.json` beside the chunks. @param others modules that are shipped besides those of the chunks */
export function bundledLicences(others = []) {
  return {
    name: 'bundled-licences',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
      const packages = [...packagesOf([...chunks.flatMap(({ moduleIds }) => moduleIds), ...others]), MODEL];
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY.txt', source: licencesText(packages) });
      this.emitFile({
        type: 'asset',
        fileName: 'sbom.cdx.json',
        source: `${JSON.stringify(sbom(packages), null, 2)}\n`,
      });
    },
  };
}

/**
 * The packages that modules are from, by name. Code that the bundler itself adds counts as a module of it.
 * @throws Error for a package without a licence
 */
export function packagesOf(moduleIds) {
  const folders = new Set(moduleIds.map(folderOf).filter((folder) => folder !== undefined));
  return [...folders].map(readPackage).sort((one, other) => (one.purl < other.purl ? -1 : 1));
}

function folderOf(id) {
  if (id.includes('rolldown:runtime') || id.includes('rolldown/runtime')) return path.resolve('node_modules/rolldown');
  const file = id.replace(/^\0+/, '').replace(/\?.*$/, '').replaceAll('\\', '/');
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function readPackage(folder) {
  const { name, version, license, repository, description } = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  );
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(file))
    .sort()
    .map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
  if (typeof license !== 'string' || texts.length === 0) throw new Error(`${name}@${version} has no licence to ship.`);
  const source = typeof repository === 'string' ? repository : repository?.url;
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { name, version, license, source, description, purl, text: texts.join('\n\n') };
}

/** The model of sentences that the table of meanings was made from (scripts/meaning). */
const MODEL = {
  name: 'all-MiniLM-L6-v2',
  version: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
  license: 'Apache-2.0',
  source: 'https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2',
  description:
    'The vectors of word pieces in meaning.bin were computed from this model. The version is the SHA-256 of its weights.',
  purl: 'pkg:huggingface/sentence-transformers/all-MiniLM-L6-v2@53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
  text: readFileSync(new URL('meaning/LICENSE.txt', import.meta.url), 'utf8').trim(),
};

/** What else is to be said of a package, e.g. what it holds that has a licence of its own. */
const WITHIN = {
  'all-MiniLM-L6-v2':
    'meaning.bin and near-words.bin are derived from it: its vocabulary, vectors of its word pieces that were computed anew, shortened and rounded to bytes, and which of these are near.',
  tldts:
    'It holds the Public Suffix List (https://publicsuffix.org/list/public_suffix_list.dat), under the Mozilla Public License 2.0 (https://mozilla.org/MPL/2.0/).',
};

function licencesText(packages) {
  const parts = packages.map(({ name, version, license, source, text }) =>
    [`${name} ${version} (${license})`, source, WITHIN[name], '', text].filter((line) => line !== undefined).join('\n'),
  );
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  return `The files in this folder contain code of these packages, under their own licences.${rule}${parts.join(rule)}\n`;
}

/** CycloneDX 1.6, without what changes from build to build. */
function sbom(packages) {
  const { name, version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
  const root = `pkg:npm/${name}@${version}`;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: { type: 'application', 'bom-ref': root, name, version, purl: root, licenses: licenceOf(license) },
    },
    components: packages.map(component),
    dependencies: [
      { ref: root, dependsOn: packages.map(({ purl }) => purl) },
      ...packages.map(({ purl }) => ({ ref: purl, dependsOn: [] })),
    ],
  };
}

function component({ name, version, license, description, source, purl }) {
  const isModel = purl.startsWith('pkg:huggingface/');
  const [group, short] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return {
    type: isModel ? 'machine-learning-model' : 'library',
    'bom-ref': purl,
    ...(group === undefined ? {} : { group }),
    name: short,
    version,
    ...(description === undefined ? {} : { description }),
    scope: 'required',
    licenses: licenceOf(license),
    purl,
    ...(source === undefined ? {} : { externalReferences: [{ type: isModel ? 'website' : 'vcs', url: source }] }),
  };
}

function licenceOf(license) {
  return /[ ()]/.test(license) ? [{ expression: license }] : [{ license: { id: license } }];
}

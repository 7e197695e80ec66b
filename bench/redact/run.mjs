/**
 * How well the detectors of results (docs/results.md) find the secrets of somebody else's samples: `node bench/redact/run.mjs FOLDER [--misses] [--json]`.
 * A folder has files `*.jsonl` of lines `{"form": "...", "text": "...", "secret": "..."}`, where `secret` is the part that must not be left of the
 * text, and empty where there is none. gitleaks.mjs makes such a folder. Nothing of it is kept here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { load } from '../bundle.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, misses: { type: 'boolean', default: false } },
});
const { RESULT_KINDS, screenText } = await load('bench/redact/redact.ts');
const terms = { stripInvisible: true, redact: RESULT_KINDS };

const [folder] = positionals;
if (folder === undefined) throw new Error('Name the folder with the samples.');
const samples = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean))
  .map((line) => JSON.parse(line));

const forms = new Map();
for (const { form, text, secret } of samples) {
  const counts = new Map();
  const screened = screenText(text, terms, counts);
  const row = forms.get(form) ?? { secrets: 0, found: 0, harmless: 0, wrong: 0 };
  forms.set(form, row);
  if (secret === '') {
    row.harmless++;
    if (counts.size > 0) row.wrong++;
  } else {
    row.secrets++;
    if (!screened.includes(secret)) row.found++;
  }
}
const sum = (key) => [...forms.values()].reduce((total, row) => total + row[key], 0);
const figures = {
  forms: forms.size,
  forms_found: [...forms.values()].filter(({ secrets, found }) => secrets > 0 && found === secrets).length,
  secrets: sum('secrets'),
  found: sum('found'),
  harmless: sum('harmless'),
  wrong: sum('wrong'),
};
if (flags.json) print(JSON.stringify({ ...figures, byForm: Object.fromEntries(forms) }));
else {
  for (const [name, value] of Object.entries(figures)) print(`${name.padEnd(14)}${value}`);
  if (flags.misses)
    for (const [form, { secrets, found, harmless, wrong }] of forms)
      if (found < secrets || wrong > 0)
        print(`${form.padEnd(40)}found ${found} of ${secrets}, wrong ${wrong} of ${harmless}`);
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

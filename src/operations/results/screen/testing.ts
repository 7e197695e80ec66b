/** Samples for the tests of detectors: a corpus for the detectors of results: what must be found, in the places where it stands, and what only looks like it. Made from a seed. */
import type { ResultKind } from '../../../config/result-kinds.ts';

export interface Sample {
  /** Undefined for what is nothing. */
  readonly kind: ResultKind | undefined;
  /** The form, for figures. */
  readonly form: string;
  readonly text: string;
  /** The part that must not be left of it. */
  readonly secret: string;
}

/** Random numbers that are the same each time (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdef`;
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const ALNUM = DIGITS + UPPER + LOWER;
const URL64 = `${ALNUM}-_`;

type Take = (letters: string, count: number) => string;
type Make = (take: Take, below: (limit: number) => number) => string;

/** Not written out: programs that look for secrets would find them here. */
const j = (...parts: readonly string[]): string => parts.join('');

const KEYS: readonly (readonly [form: string, make: Make])[] = [
  ['AWS access key', (take) => j('AK', 'IA') + take(`${UPPER}234567`, 16)],
  ['AWS secret', (take) => `aws_secret_access_key = ${take(`${ALNUM}+/`, 38)}7a`],
  ['GitHub token', (take) => j('gh', 'p_') + take(ALNUM, 36)],
  ['GitHub fine-grained', (take) => `${j('github', '_pat_')}${take(ALNUM, 22)}_${take(ALNUM, 59)}`],
  ['GitLab', (take) => j('gl', 'pat-') + take(URL64, 20)],
  ['Slack bot', (take) => `${j('xo', 'xb-')}${take(DIGITS, 12)}-${take(DIGITS, 12)}-${take(ALNUM, 24)}`],
  ['Stripe', (take) => j('sk', '_live_') + take(ALNUM, 24)],
  ['OpenAI project', (take) => j('sk-', 'proj-') + take(URL64, 60)],
  ['Anthropic', (take) => `${j('sk-', 'ant-api03-') + take(URL64, 93)}AA`],
  ['Google', (take) => j('AI', 'za') + take(URL64, 35)],
  ['npm', (take) => j('np', 'm_') + take(ALNUM, 36)],
  ['PyPI', (take) => j('py', 'pi-AgEI') + take(URL64, 150)],
  ['Hugging Face', (take) => j('h', 'f_') + take(UPPER + LOWER, 34)],
  ['SendGrid', (take) => `${j('S', 'G.')}${take(URL64, 22)}.${take(URL64, 43)}`],
  ['DigitalOcean', (take) => j('do', 'p_v1_') + take(HEX, 64)],
  ['Vault', (take) => j('hv', 's.') + take(URL64, 90)],
  ['Telegram bot', (take) => `${take('123456789', 10)}:AA${take(URL64, 33)}`],
  ['Azure storage', (take) => `AccountKey=${take(`${ALNUM}+/`, 84)}4w==`],
];

function withLuhn(digits: string): string {
  for (let last = 0; last < 10; last++) {
    const all = digits + last;
    let sum = 0;
    [...all].reverse().forEach((digit, at) => {
      const counted = at % 2 === 0 ? Number(digit) : Number(digit) * 2;
      sum += counted > 9 ? counted - 9 : counted;
    });
    if (sum % 10 === 0) return all;
  }
  return digits;
}

const grouped = (digits: string, separator: string): string => digits.replace(/(\d{4})(?=\d)/g, `$1${separator}`);

function iban(country: string, bban: string): string {
  const numeric = [...`${bban}${country}00`].map((one) => Number.parseInt(one, 36)).join('');
  const check = 98n - (BigInt(numeric) % 97n);
  return `${country}${String(check).padStart(2, '0')}${bban}`;
}

const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const OTHERS: readonly (readonly [kind: ResultKind, form: string, make: Make])[] = [
  ['cards', 'Visa', (take) => withLuhn(`4${take(DIGITS, 14)}`)],
  ['cards', 'Visa in groups', (take) => grouped(withLuhn(`4${take(DIGITS, 14)}`), ' ')],
  ['cards', 'Mastercard with hyphens', (take) => grouped(withLuhn(`5${take('12345', 1)}${take(DIGITS, 13)}`), '-')],
  [
    'cards',
    'American Express',
    (take) => withLuhn(`37${take(DIGITS, 12)}`).replace(/^(\d{4})(\d{6})(\d{5})$/, '$1 $2 $3'),
  ],
  ['ibans', 'DE', (take) => iban('DE', take(DIGITS, 18))],
  ['ibans', 'GB in groups', (take) => iban('GB', `BUKB${take(DIGITS, 14)}`).replace(/(.{4})(?=.)/g, '$1 ')],
  ['ibans', 'FR', (take) => iban('FR', `${take(DIGITS, 10)}${take(UPPER + DIGITS, 11)}${take(DIGITS, 2)}`)],
  ['emails', 'plain', (take) => `${take(LOWER, 7)}.${take(LOWER, 5)}@${take(LOWER, 8)}.com`],
  ['emails', 'with a tag', (take) => `${take(LOWER, 4)}+${take(LOWER, 5)}@mail.${take(LOWER, 6)}.co.uk`],
  [
    'jwts',
    'JWS',
    (take) => `${b64({ alg: 'RS256', typ: 'JWT' })}.${b64({ sub: take(DIGITS, 10), iat: 1 })}.${take(URL64, 86)}`,
  ],
  ['private_keys', 'PKCS #8', (take) => pem('PRIVATE KEY', take(`${ALNUM}+/`, 320))],
  ['private_keys', 'OpenSSH', (take) => pem('OPENSSH PRIVATE KEY', take(`${ALNUM}+/`, 400))],
  ['passwords', 'database', (take) => `postgres://app:${take(`${ALNUM}!$-`, 14)}9@db.internal:5432/main`],
  ['passwords', 'web', (take) => `https://deploy:${take(ALNUM, 20)}@git.example.com/team/app.git`],
];

function pem(name: string, body: string): string {
  const lines = body.replace(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN ${name}-----\n${lines}\n-----END ${name}-----`;
}

/** The places where such things stand. */
const PLACES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `Here it is: ${text}.`,
  (text) => `export VALUE="${text}"\nexport OTHER=1\n`,
  (text) => JSON.stringify({ id: 7, value: text, list: [text.length] }),
  (text) => JSON.stringify({ inner: JSON.stringify({ value: text }) }),
  (text) => `| name | ${text} | 2026-11-30 |`,
  (text) => `2026-11-30T10:00:00Z INFO [worker-3] value=${text}, took 12 ms`,
  (text) => `<td>${text}</td>`,
  (text) => `naïve „${text}“ — ✓`,
  (text) => `key: ${text}\r\nnext: 2`,
  (text) => `curl -H 'X-Value: ${text}' https://api.example.com/v1`,
  (text) => `(${text})`,
];

/** Text that people and programs write every day, with nothing to take out. */
const HARMLESS: readonly (readonly [form: string, make: Make])[] = [
  ['SHA-1', (take) => take(HEX, 40)],
  ['SHA-256', (take) => `sha256:${take(HEX, 64)}`],
  ['integrity', (take) => `sha512-${take(`${ALNUM}+/`, 86)}==`],
  ['UUID', (take) => `${take(HEX, 8)}-${take(HEX, 4)}-4${take(HEX, 3)}-a${take(HEX, 3)}-${take(HEX, 12)}`],
  ['order number', (take) => `order ${take('1289', 1)}${take(DIGITS, 15)}`],
  ['nanoseconds', (take) => `17${take(DIGITS, 17)}`],
  ['phone', (take) => `+49 30 ${take(DIGITS, 4)} ${take(DIGITS, 4)}`],
  ['ISBN', (take) => `ISBN 978-${take(DIGITS, 1)}-${take(DIGITS, 4)}-${take(DIGITS, 4)}-${take(DIGITS, 1)}`],
  ['decimal', (take) => `0.4${take(DIGITS, 15)}`],
  ['digits of an id', (take) => `urn:thing:4${take(DIGITS, 15)}`],
  ['repository', (take) => `git@github.com:${take(LOWER, 6)}/${take(LOWER, 9)}.git`],
  ['package', (take) => `@${take(LOWER, 6)}/${take(LOWER, 8)}@${take(DIGITS, 1)}.${take(DIGITS, 2)}.0`],
  ['picture', (take) => `logo-${take(LOWER, 5)}@2x.png`],
  ['decorator', (take) => `class A { @${take(LOWER, 8)}.${take(LOWER, 6)}() x = 1; }`],
  ['mention', (take) => `thanks @${take(LOWER, 9)}, see #${take(DIGITS, 4)}`],
  ['placeholder', () => 'postgres://user:password@localhost:5432/db and https://user:****@host/x'],
  ['address with a port', (take) => `http://localhost:${take('123456789', 4)}/@${take(LOWER, 5)}/x`],
  ['public key', (take) => pem('PUBLIC KEY', take(`${ALNUM}+/`, 320))],
  ['certificate', (take) => pem('CERTIFICATE', take(`${ALNUM}+/`, 640))],
  ['ssh public key', (take) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${take(`${ALNUM}+/`, 43)} build`],
  ['cache key', (take) => `sk-${take(LOWER, 5)}-skeleton-${take(LOWER, 6)}`],
  ['class name', (take) => `css-${take(ALNUM, 8)} key-${take(LOWER, 10)} hf_${take(LOWER, 6)}`],
  ['IPv6', (take) => `2001:db8:${take(HEX, 4)}:${take(HEX, 4)}::${take(HEX, 4)}`],
  ['code', (take) => `const ${take(LOWER, 6)} = await fetch(url, { headers: { authorization: token } });`],
  ['prose', (take) => `The ${take(LOWER, 6)} of 2026 was 4,111.11 in GB82 and DE12, as ${take(LOWER, 9)} said.`],
  ['part number', (take) => `FR12 ${take(UPPER, 4)} ${take(DIGITS, 4)} DE99-${take(DIGITS, 6)}`],
  ['data URL', (take) => `data:image/png;base64,${take(`${ALNUM}+/`, 600)}`],
  ['base64', (take) => take(`${ALNUM}+/`, 1200)],
  ['source map', (take) => `{"mappings":"AAAA,${take(ALNUM, 60)};${take(ALNUM, 40)}"}`],
  ['version of an API', (take) => `eyJ${take(LOWER, 5)}.${take(LOWER, 5)}.${take(LOWER, 5)}`],
];

/** @param rounds of each form in each of its places */
export function corpus(seed: number, rounds: number): readonly Sample[] {
  const below = seeded(seed);
  const take: Take = (letters, count) =>
    Array.from({ length: count }, () => letters.charAt(below(letters.length))).join('');
  const samples: Sample[] = [];
  const put = (kind: ResultKind | undefined, form: string, make: Make, secretOf: (text: string) => string): void => {
    for (let round = 0; round < rounds; round++) {
      for (const place of PLACES) {
        const made = make(take, below);
        samples.push({ kind, form, text: place(made), secret: secretOf(made) });
      }
    }
  };
  for (const [form, make] of KEYS)
    put('keys', form, make, (text) => /(?:= |AccountKey=)?(\S+)$/.exec(text)?.[1] ?? text);
  for (const [kind, form, make] of OTHERS) {
    const secretOf = (text: string): string => {
      if (kind === 'private_keys') return text.split('\n')[1] ?? text;
      return kind === 'passwords' ? (/:([^:@]+)@/.exec(text)?.[1] ?? text) : text;
    };
    put(kind, form, make, secretOf);
  }
  for (const [form, make] of HARMLESS) put(undefined, form, make, () => '');
  return samples;
}

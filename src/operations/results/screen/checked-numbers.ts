/** Numbers that prove themselves: payment cards and bank accounts. */

const CARD_SHAPE = /^(?:\d+|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})$/;

/** True for the number of a payment card: known beginning and length, written in usual groups, and its last digit right (ISO/IEC 7812). */
export function isCard(written: string): boolean {
  if (!CARD_SHAPE.test(written)) return false;
  const digits = written.replace(/[ -]/g, '');
  return hasCardLength(digits) && isLuhn(digits) && new Set(digits).size > 1;
}

function hasCardLength(digits: string): boolean {
  const { length } = digits;
  const four = Number(digits.slice(0, 4));
  const within = (from: number, to: number, of = four): boolean => of >= from && of <= to;
  if (digits.startsWith('4')) return length === 16 || length === 13 || length === 19;
  if (within(5100, 5599) || within(2221, 2720)) return length === 16;
  if (within(3400, 3499) || within(3700, 3799)) return length === 15;
  if (four === 6011 || within(6440, 6599)) return length === 16 || length === 19;
  if (within(3528, 3589)) return length === 16;
  if (within(3000, 3059) || within(3600, 3699) || within(3800, 3999)) return length === 14;
  return within(6200, 6299) && length >= 16 && length <= 19;
}

function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 0x30;
    const counted = at % 2 === 0 ? digit : digit * 2;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}

/** Characters of an account number by its country (ISO 13616, registry of 2024). */
const IBAN_LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 ' +
    'GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 ' +
    'MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 ' +
    'UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** The length, in `written`, of the account number with which it begins; 0 where it begins with none. */
export function ibanLength(written: string): number {
  const length = IBAN_LENGTHS.get(written.slice(0, 2));
  if (length === undefined) return 0;
  let compact = '';
  let at = 0;
  for (; at < written.length && compact.length < length; at++) {
    const character = written.charAt(at);
    if (character !== ' ') compact += character;
  }
  const follows = written.charAt(at);
  const isWhole = compact.length === length && (follows === '' || !/[A-Za-z0-9]/.test(follows));
  return isWhole && remainder(compact.slice(4) + compact.slice(0, 4)) === 1 ? at : 0;
}

/** Modulo 97 of the number in which A is 10 and Z is 35. */
function remainder(text: string): number {
  let rest = 0;
  for (const character of text) rest = Number(`${rest}${Number.parseInt(character, 36)}`) % 97;
  return rest;
}

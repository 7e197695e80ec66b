/** Signs by which a text poses as something else, or leaves the place where people look. */
import type { ScanHit } from './match-rules.ts';

interface Sign {
  readonly pattern: RegExp;
  readonly weight: number;
  readonly kind: ScanHit['kind'];
  readonly says: string;
}

const POSES = 'It poses as a message of the system, not of a tool.';
const RUNS = 'It has a command that loads or runs something.';

/** None of them goes back: classes that exclude what follows them, or bounded repeats. */
const SIGNS: readonly Sign[] = [
  {
    kind: 'order-to-the-model',
    weight: 3,
    says: POSES,
    pattern:
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|begin_of_text|start_header_id|eot_id)\|>|\[\/?INST\]|<<\/?SYS>>|<(?:start|end)_of_turn>|<\/s>/i,
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    says: POSES,
    pattern:
      /<\/?(?:important|system|secret|hidden|admin|override|critical|sys|priority|urgent|assistant|system_prompt|system-prompt|system_message|system-reminder|instructions?_override|internal)(?:\s[^<>]{0,80})?>/i,
  },
  {
    kind: 'order-to-the-model',
    weight: 1,
    says: POSES,
    pattern: /<\/?(?:instructions?|prompt|rules?|directive|note)>/i,
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    says: POSES,
    pattern:
      /\[\/?(?:system|admin|hidden|secret|override|root|developer|internal)(?:[\s_-](?:message|instructions?|note|prompt|override|directive|notice))?:?\]|\{\{\s?(?:system|hidden|instruction)/i,
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    says: POSES,
    pattern: /(?:^|\n)\s{0,4}#{0,4}\s{0,2}(?:system|developer)(?: message| prompt| note)?\s?:\s/i,
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    says: POSES,
    pattern: /#{2,4}\s?(?:system|new|hidden|updated|real) (?:instructions?|prompt|message)/i,
  },
  {
    kind: 'order-to-the-model',
    weight: 1,
    says: 'It has a comment that is not shown.',
    pattern: /<!--|\[\/\/\]:\s?#|\/\*\s?(?:hidden|system|ai|llm)/i,
  },
  {
    kind: 'command',
    weight: 3,
    says: RUNS,
    pattern:
      /\b(?:curl|wget|iwr|invoke-webrequest|fetch)\s[^|\n]{1,300}\|\s?(?:sudo\s)?(?:ba|z|da|k)?sh\b|\|\s?(?:python3?|perl|node|ruby|iex)\b/i,
  },
  {
    kind: 'command',
    weight: 3,
    says: RUNS,
    pattern:
      /\/dev\/tcp\/|\bnc\s(?:-\w{1,4}\s){1,3}|\bpowershell(?:\.exe)?\s[^\n]{0,80}-e(?:nc|ncodedcommand)?\s|\bbase64\s-{1,2}d(?:ecode)?[^\n|]{0,80}\||>>\s?~?\/?\S{0,80}authorized_keys|\bos\.system\(|\bchild_process\b|\bsubprocess\./i,
  },
  {
    kind: 'command',
    weight: 2,
    says: RUNS,
    pattern:
      /\bchmod\s(?:\+x|[0-7]{3,4})\s[^\n;&]{1,80}(?:;|&&)|\brm\s-(?:rf|fr)\s[~/]|\bcurl\s[^\n]{0,200}(?:-d|--data|-F|-T|--upload-file)\b|\bcrontab\s-|\$\((?:curl|cat|wget)\s/i,
  },
  {
    kind: 'exfiltration',
    weight: 2,
    says: 'It has an address with a place for data of the user.',
    pattern:
      /!\[[^\]\n]{0,100}\]\(https?:\/\/[^\s)]{0,200}[{<$%]|https?:\/\/[^\s"'<>{}?]{1,200}\?[^\s"'<>{}]{0,100}=\s?[{<$[]{1,2}\s?(?:data|secret|content|context|conversation|history|prompt|token|key|password|env|base64|messages?|result|exfil)/i,
  },
  {
    kind: 'unseen-characters',
    weight: 2,
    says: 'Its text goes on behind many empty lines or spaces, where nobody looks.',
    pattern: /\S(?:[ \t]{0,10}\r?\n){25}\s{0,1000}\S|\S[ \t\u00a0\u2800\u3000]{120}[ \t\u00a0\u2800\u3000]{0,1000}\S/,
  },
];

/** The first of each sign. */
export function signsIn(text: string): ScanHit[] {
  return SIGNS.flatMap(({ pattern, kind, weight, says }) => {
    const found = pattern.exec(text);
    return found === null ? [] : [{ kind, weight, says, start: found.index, end: found.index + found[0].length }];
  });
}

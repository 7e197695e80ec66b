/** What orders to a model look like: concepts that follow each other in a sentence. Kinds of order, no wordings. */
import type { FindingKind } from './finding.ts';

export interface RuleText {
  readonly kind: FindingKind;
  /** 1 is worth knowing, 2 worth a look, 3 hardly ever harmless. */
  readonly weight: 1 | 2 | 3;
  /** Concepts with `|` between alternatives, words in lower case; `~4` before one is how many words may lie between, 3 by default. */
  readonly sequence: string;
  /** Concepts in any order within so many words. */
  readonly within?: number;
  /** A sentence with one of these before it does not count. */
  readonly unless?: string;
  /** Not in tools whose names are about files, keys or settings. */
  readonly unlessNamed?: true;
  /** Only in tools whose name does not say that they change something. */
  readonly ofReaders?: true;
  /** Across sentences. */
  readonly acrossSentences?: true;
  readonly says: string;
}

const OVERRIDES = 'It tells the model to set aside the instructions that it has.';
const SECRECY = 'It tells the model to keep something from the user.';
const CONSENT = 'It tells the model not to ask the user first.';
const GIVES_AWAY = 'It tells the model to hand over what is not meant for this tool.';
const REDIRECTS = 'It tells the model to send what the user does somewhere else.';
const OTHER_TOOLS = 'It tells the model how to use other tools.';
const READS_SECRETS = 'It tells the model to read a file with secrets.';
const ANSWERS = 'It tells the model what to put into its answers.';
const CAPABILITY = 'It says that it does something that its name does not say.';

export const RULES: readonly RuleText[] = [
  // Instructions that are set aside.
  { kind: 'order-to-the-model', weight: 3, sequence: 'IGNORE ~3 PRIOR ~3 INSTRUCTIONS', says: OVERRIDES },
  {
    kind: 'order-to-the-model',
    weight: 3,
    sequence: 'IGNORE ~2 PROMPTS|INSTRUCTIONS ~1 above|before|given|previously|earlier',
    says: OVERRIDES,
  },
  { kind: 'order-to-the-model', weight: 3, sequence: 'IGNORE ~3 PRIOR ~2 PROMPTS', says: OVERRIDES },
  { kind: 'order-to-the-model', weight: 3, sequence: 'IGNORE ~2 ANY|YOUR ~2 INSTRUCTIONS', says: OVERRIDES },
  {
    kind: 'order-to-the-model',
    weight: 3,
    sequence: 'IGNORE ~1 everything|anything|what ~3 PRIOR|told|said|learned|instructed',
    says: OVERRIDES,
  },
  { kind: 'order-to-the-model', weight: 2, sequence: 'IGNORE ~2 INSTRUCTIONS', says: OVERRIDES },
  {
    kind: 'order-to-the-model',
    weight: 3,
    sequence: 'OVERRIDE ~3 PRIOR|ANY|OTHER|YOUR ~3 INSTRUCTIONS',
    says: OVERRIDES,
  },
  {
    kind: 'order-to-the-model',
    weight: 3,
    sequence: 'NEVER ~1 FOLLOW ~3 PRIOR|YOUR|USER|OTHER|ANY ~3 INSTRUCTIONS|PROMPTS',
    says: OVERRIDES,
  },
  {
    kind: 'order-to-the-model',
    weight: 3,
    sequence:
      'YOUR ~1 new|real|actual|true|only|primary|main ~1 INSTRUCTIONS|task|tasks|goal|objective|role|purpose|mission|job',
    says: OVERRIDES,
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    sequence: 'new|updated|revised ~1 INSTRUCTIONS ~2 for|to|you|apply|supersede',
    says: OVERRIDES,
  },
  { kind: 'order-to-the-model', weight: 3, sequence: 'YOU ~1 are|act|operate|enter ~3 PRIVILEGE', says: OVERRIDES },
  { kind: 'order-to-the-model', weight: 3, sequence: 'you ~0 are ~0 now', says: OVERRIDES },
  {
    kind: 'order-to-the-model',
    weight: 2,
    sequence: 'HENCEFORTH ~3 YOU|MUST|treat|assume|respond|act|all',
    says: OVERRIDES,
  },
  { kind: 'order-to-the-model', weight: 3, sequence: 'DISABLE ~2 YOUR ~2 SAFETY', says: OVERRIDES },
  { kind: 'order-to-the-model', weight: 2, sequence: 'DISABLE ~2 ANY|the|these ~2 SAFETY', says: OVERRIDES },
  {
    kind: 'order-to-the-model',
    weight: 2,
    sequence: 'system|admin|security|developer ~0 override|overrides|directive|instruction|notice|command',
    says: OVERRIDES,
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    sequence: 'REMEMBER ~1 this|these|following ~1 INSTRUCTIONS ~8 MEMORY|HENCEFORTH',
    says: OVERRIDES,
  },
  {
    kind: 'order-to-the-model',
    weight: 1,
    sequence: 'note|notes|message|instruction|instructions|attention|reminder ~1 to|for ~2 MODEL',
    says: 'It speaks to the model.',
  },
  {
    kind: 'order-to-the-model',
    weight: 1,
    sequence: 'MODEL ~1 must|should|shall|will',
    says: 'It speaks to the model.',
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    sequence: 'DECODE ~6 FOLLOW',
    says: 'It tells the model to do what an encoded text says.',
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    sequence: 'FOLLOW ~4 decoded|hidden|encoded|secret ~3 INSTRUCTIONS|PROMPTS',
    says: 'It tells the model to do what an encoded text says.',
  },
  { kind: 'order-to-the-model', weight: 2, sequence: 'always|only|never ~2 RECOMMEND', says: ANSWERS },
  {
    kind: 'order-to-the-model',
    weight: 2,
    sequence: 'RESPOND ~6 YOUR|every ~2 RESPONSE ~8 DESTINATION',
    says: ANSWERS,
  },
  {
    kind: 'order-to-the-model',
    weight: 1,
    sequence: 'ALWAYS ~2 RESPOND ~6 YOUR ~2 RESPONSE',
    says: ANSWERS,
  },
  {
    kind: 'order-to-the-model',
    weight: 2,
    sequence:
      'append|end|finish|insert|begin|conclude ~6 every|each|all|YOUR ~2 response|answer|reply|responses|answers|replies',
    says: ANSWERS,
  },
  // What the user is not to know, or not asked.
  { kind: 'secrecy', weight: 3, sequence: 'NEVER ~2 TELL ~5 USER', says: SECRECY },
  { kind: 'secrecy', weight: 2, sequence: 'NEVER ~1 TELL ~1 THIS|any|anything', says: SECRECY },
  { kind: 'secrecy', weight: 2, sequence: 'NEVER ~2 NOTIFY ~3 THIS ~6 USER', says: SECRECY },
  { kind: 'secrecy', weight: 1, sequence: 'NEVER ~2 NOTIFY ~4 USER', says: SECRECY },
  {
    kind: 'secrecy',
    weight: 2,
    sequence: 'WITHOUT ~1 TELL|notifying|alerting ~3 USER',
    unless: 'NEVER',
    says: SECRECY,
  },
  { kind: 'secrecy', weight: 2, sequence: 'WITHOUT ~2 USER ~2 KNOWING', unless: 'NEVER', says: SECRECY },
  {
    kind: 'secrecy',
    weight: 2,
    sequence: 'WITHOUT ~1 asking|consulting|prompting|waiting ~3 USER',
    unless: 'NEVER',
    says: CONSENT,
  },
  {
    kind: 'secrecy',
    weight: 2,
    sequence:
      'SILENTLY ~5 SEND|READ|INCLUDE|RUN|CALL|CHANGE|COLLECT ~8 SECRET|CONVERSATION|DESTINATION|SECRET_PATH|MILD_PATH|copy|SYSTEM_PROMPT',
    says: SECRECY,
  },
  {
    kind: 'secrecy',
    weight: 2,
    sequence: 'SEND|READ|COLLECT|CHANGE ~6 SECRET|CONVERSATION|DESTINATION|SECRET_PATH|copy|SYSTEM_PROMPT ~8 SILENTLY',
    says: SECRECY,
  },
  { kind: 'secrecy', weight: 2, sequence: 'HIDE ~1 THIS|your ~6 USER', says: SECRECY },
  { kind: 'secrecy', weight: 2, sequence: 'keep ~1 THIS ~2 secret|hidden|confidential|private|quiet', says: SECRECY },
  {
    kind: 'secrecy',
    weight: 2,
    sequence: 'USER ~1 must|should|need|needs ~1 never|not ~3 know|see|notice|aware|realize|find|learn|told',
    says: SECRECY,
  },
  {
    kind: 'secrecy',
    weight: 2,
    sequence: "USER ~2 never|not|n't ~2 see|notice|aware ~3 THIS",
    unless: 'CONDITION',
    says: SECRECY,
  },
  { kind: 'secrecy', weight: 2, sequence: 'NEVER ~1 ask|seek|wait|request ~3 USER ~3 CONSENT', says: CONSENT },
  { kind: 'secrecy', weight: 2, sequence: 'NEVER ~1 ask|seek|wait|request ~3 CONSENT', says: CONSENT },
  {
    kind: 'secrecy',
    weight: 2,
    sequence: 'USER ~3 APPROVED',
    unless: 'CONDITION',
    says: 'It tells the model that the user has agreed to something.',
  },
  {
    kind: 'secrecy',
    weight: 2,
    sequence: 'no|skip|bypass ~1 need|the|any|all ~4 USER|human ~1 CONSENT',
    says: CONSENT,
  },
  // What is handed over.
  {
    kind: 'exfiltration',
    weight: 3,
    sequence: 'SEND ~8 SECRET|SYSTEM_PROMPT|CONVERSATION|SECRET_PATH|MILD_PATH ~10 DESTINATION',
    says: GIVES_AWAY,
  },
  { kind: 'exfiltration', weight: 3, sequence: 'SEND ~6 DROP_SITE', says: GIVES_AWAY },
  { kind: 'exfiltration', weight: 3, sequence: 'SEND|ATTACH ~4 copy ~10 DESTINATION', says: REDIRECTS },
  { kind: 'exfiltration', weight: 3, sequence: 'bcc|cc ~3 DESTINATION', says: REDIRECTS },
  { kind: 'exfiltration', weight: 3, sequence: 'CHANGE ~3 RECIPIENT ~6 DESTINATION', says: REDIRECTS },
  {
    kind: 'exfiltration',
    weight: 3,
    sequence: 'ANY|ALWAYS ~3 MESSAGE ~6 SEND|CHANGE|ATTACH ~6 DESTINATION',
    says: REDIRECTS,
  },
  { kind: 'exfiltration', weight: 3, sequence: 'ALWAYS|ALSO|SILENTLY|FIRST ~3 SEND ~8 DESTINATION', says: REDIRECTS },
  {
    kind: 'exfiltration',
    weight: 3,
    sequence: 'SEND|ATTACH|READ|COLLECT|TELL|NOTIFY ~2 YOUR ~3 SYSTEM_PROMPT|CONVERSATION',
    says: GIVES_AWAY,
  },
  { kind: 'exfiltration', weight: 2, sequence: 'SEND|ATTACH|COLLECT ~3 FULL ~3 SYSTEM_PROMPT', says: GIVES_AWAY },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'MUST|ALWAYS|SILENTLY|BEFORE|FIRST ~8 SEND|ATTACH ~4 FULL ~3 CONVERSATION|SYSTEM_PROMPT',
    says: GIVES_AWAY,
  },
  { kind: 'exfiltration', weight: 1, sequence: 'SEND|ATTACH ~4 FULL ~3 CONVERSATION', says: GIVES_AWAY },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'SEND|ATTACH|COLLECT ~3 ANY|FULL|USER|YOUR ~4 SECRET',
    unless: 'DETECT',
    says: GIVES_AWAY,
  },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence:
      'MUST|ALWAYS|SILENTLY|BEFORE|FIRST|ALSO ~6 SEND|ATTACH|READ ~4 SECRET ~8 PARAM|OWN_PARAM|DESTINATION|IDENTIFIER',
    says: GIVES_AWAY,
  },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'READ ~4 SECRET ~10 SEND|ATTACH ~8 PARAM|OWN_PARAM|DESTINATION|CONTENTS',
    says: GIVES_AWAY,
  },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'ALSO|SILENTLY|ALWAYS ~4 PAY ~10 DESTINATION|RECIPIENT',
    says: REDIRECTS,
  },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'SEND|ATTACH|INCLUDE ~5 contents|content ~3 SECRET|SECRET_PATH|MILD_PATH',
    says: GIVES_AWAY,
  },
  {
    kind: 'exfiltration',
    weight: 3,
    sequence: 'SECRET_PATH ~40 ORDER_TO_GIVE ~6 CONTENTS|PARAM|OWN_PARAM|IDENTIFIER|DESTINATION',
    acrossSentences: true,
    says: GIVES_AWAY,
  },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'MILD_PATH ~20 ORDER_TO_GIVE ~6 CONTENTS|PARAM|OWN_PARAM|IDENTIFIER|DESTINATION',
    acrossSentences: true,
    says: GIVES_AWAY,
  },
  { kind: 'exfiltration', weight: 3, sequence: 'SEND|ATTACH ~6 SECRET_PATH', says: GIVES_AWAY },
  { kind: 'secret-path', weight: 2, sequence: 'READ ~6 SECRET_PATH', says: READS_SECRETS },
  {
    kind: 'secret-path',
    weight: 2,
    sequence: 'BEFORE|FIRST|ALWAYS|MUST ~10 READ ~5 SECRET_PATH|MILD_PATH',
    says: READS_SECRETS,
  },
  {
    kind: 'secret-path',
    weight: 2,
    sequence: 'READS ~6 SECRET_PATH',
    unlessNamed: true,
    says: 'It reads a file with secrets, which its name does not say.',
  },
  {
    kind: 'exfiltration',
    weight: 3,
    sequence: 'SECRET_PATH|MILD_PATH|SECRET|CONVERSATION ~10 SEND ~8 DESTINATION|EXTERNAL',
    says: GIVES_AWAY,
  },
  { kind: 'exfiltration', weight: 2, sequence: 'SEND ~6 EXTERNAL', ofReaders: true, says: CAPABILITY },
  { kind: 'exfiltration', weight: 2, sequence: 'ALSO|SILENTLY ~3 SEND ~6 EXTERNAL|DESTINATION', says: REDIRECTS },
  { kind: 'exfiltration', weight: 3, sequence: 'SEND|ATTACH ~4 copy|copies ~6 EXTERNAL|DESTINATION', says: REDIRECTS },
  { kind: 'exfiltration', weight: 2, sequence: 'YOUR ~2 SYSTEM_PROMPT', says: GIVES_AWAY },
  { kind: 'exfiltration', weight: 1, sequence: 'FULL ~2 SYSTEM_PROMPT|CONVERSATION', says: GIVES_AWAY },
  { kind: 'secret-path', weight: 1, sequence: 'SECRET_PATH', says: 'It names a file in which secrets are kept.' },
  // Other tools.
  {
    kind: 'other-tools',
    weight: 2,
    sequence: 'BEFORE ~3 CALL ~2 ANY|OTHER ~3 OPERATION ~14 MUST|FIRST|ALWAYS|YOU|CALL',
    says: OTHER_TOOLS,
  },
  {
    kind: 'other-tools',
    weight: 2,
    sequence: 'MUST|ALWAYS|FIRST ~6 CALL ~6 BEFORE ~3 ANY|OTHER|CALL ~3 OPERATION',
    says: OTHER_TOOLS,
  },
  {
    kind: 'other-tools',
    weight: 2,
    sequence: 'BEFORE ~1 ANY|OTHER ~3 OPERATION ~10 MUST|FIRST|CALL|ALWAYS',
    says: OTHER_TOOLS,
  },
  { kind: 'other-tools', weight: 2, sequence: 'NEVER ~2 CALL ~2 OTHER ~4 TOOL', says: OTHER_TOOLS },
  { kind: 'other-tools', weight: 2, sequence: 'IGNORE ~2 OTHER ~4 TOOL', says: OTHER_TOOLS },
  {
    kind: 'other-tools',
    weight: 3,
    sequence: 'WHENEVER|CALL ~3 IDENTIFIER ~14 SEND|CHANGE|ATTACH ~10 DESTINATION',
    says: OTHER_TOOLS,
  },
  {
    kind: 'other-tools',
    weight: 3,
    sequence: 'OTHER_TOOL ~14 SEND|CHANGE|ATTACH ~10 DESTINATION',
    says: OTHER_TOOLS,
  },
  {
    kind: 'other-tools',
    weight: 3,
    sequence: 'WHENEVER ~3 CALL ~4 TOOL ~10 SEND|CHANGE|ATTACH ~10 DESTINATION',
    says: OTHER_TOOLS,
  },
  {
    kind: 'other-tools',
    weight: 2,
    sequence: 'WHENEVER ~3 CALL ~3 OTHER_TOOL ~14 MUST|ALWAYS|CHANGE|ATTACH|SEND|FIRST|CALL',
    says: OTHER_TOOLS,
  },
  {
    kind: 'other-tools',
    weight: 2,
    sequence: 'WHENEVER ~2 IDENTIFIER|OTHER_TOOL ~1 is|are|gets ~1 CALL ~12 MUST|ALWAYS|CHANGE|ATTACH|SEND|FIRST|CALL',
    says: OTHER_TOOLS,
  },
  {
    kind: 'other-tools',
    weight: 2,
    sequence: 'after|before|following ~1 every|each|any|all ~2 OPERATION ~5 CALL|SEND|ATTACH',
    says: OTHER_TOOLS,
  },
  { kind: 'other-tools', weight: 2, sequence: 'CALL ~2 OTHER_TOOL', says: OTHER_TOOLS },
  { kind: 'other-tools', weight: 2, sequence: 'INSTEAD ~4 OTHER_TOOL', says: OTHER_TOOLS },
  { kind: 'other-tools', weight: 2, sequence: 'OTHER_TOOL ~4 DEPRECATED', says: OTHER_TOOLS },
  { kind: 'other-tools', weight: 2, sequence: 'NEVER ~2 CALL ~3 OTHER_TOOL', says: OTHER_TOOLS },
  { kind: 'other-tools', weight: 1, sequence: 'OTHER_TOOL', says: 'It names a tool of another server.' },
  {
    kind: 'other-tools',
    weight: 2,
    sequence:
      'THIS ~2 TOOL ~3 replaces|supersedes|overrides|shadows ~4 original|official|OTHER_TOOL|builtin|built|standard|default',
    says: OTHER_TOOLS,
  },
  {
    kind: 'other-tools',
    weight: 2,
    sequence: 'INSTEAD ~3 original|official|builtin|built|trusted|legitimate ~4 TOOL|OTHER_TOOL|IDENTIFIER|server',
    says: OTHER_TOOLS,
  },
  // What a tool does besides.
  {
    kind: 'hidden-capability',
    weight: 2,
    sequence: 'RUN ~4 SHELL',
    ofReaders: true,
    unless: 'DETECT',
    says: CAPABILITY,
  },
  {
    kind: 'hidden-capability',
    weight: 2,
    sequence: 'ALSO|SILENTLY ~4 DELETE|CHANGE|SEND|RUN ~4 DATA|SECRET|SHELL|CONVERSATION|DESTINATION',
    ofReaders: true,
    says: CAPABILITY,
  },
  {
    kind: 'hidden-capability',
    weight: 2,
    sequence: 'DELETE ~2 ANY|FULL ~3 DATA',
    ofReaders: true,
    unless: 'DETECT',
    says: CAPABILITY,
  },
];

const FOREIGN_OVERRIDES = 'It tells the model, in another language, to set aside the instructions that it has.';
const FOREIGN_SECRECY = 'It tells the model, in another language, to keep something from the user.';
const FOREIGN_GIVES = 'It tells the model, in another language, to hand over what is not meant for this tool.';
const FOREIGN_TOOLS = 'It tells the model, in another language, how to use other tools.';

/** The same in languages whose words come in another order. */
export const FOREIGN_RULES: readonly RuleText[] = [
  { kind: 'order-to-the-model', weight: 3, sequence: 'X_IGNORE X_PRIOR X_RULES', within: 9, says: FOREIGN_OVERRIDES },
  { kind: 'secrecy', weight: 3, sequence: 'X_NOT X_TELL X_USER', within: 7, says: FOREIGN_SECRECY },
  { kind: 'secrecy', weight: 2, sequence: 'X_WITHOUT X_TELL|X_ASK X_USER', within: 7, says: FOREIGN_SECRECY },
  {
    kind: 'secrecy',
    weight: 2,
    sequence: 'X_SILENTLY X_SEND|X_READ|X_INCLUDE|X_CALL|X_DELETE',
    within: 9,
    says: FOREIGN_SECRECY,
  },
  {
    kind: 'exfiltration',
    weight: 3,
    sequence: 'X_SEND X_SECRET|SECRET|X_CONVERSATION|SYSTEM_PROMPT|SECRET_PATH|MILD_PATH DESTINATION',
    within: 18,
    says: FOREIGN_GIVES,
  },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'X_SEND|X_READ|X_INCLUDE X_SECRET|SECRET X_ALWAYS|X_PARAM|X_SILENTLY|OWN_PARAM|IDENTIFIER',
    within: 14,
    says: FOREIGN_GIVES,
  },
  { kind: 'exfiltration', weight: 2, sequence: 'X_SEND|X_READ|X_INCLUDE SECRET_PATH', within: 10, says: FOREIGN_GIVES },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'X_SEND|X_INCLUDE X_CONVERSATION X_PARAM|OWN_PARAM|IDENTIFIER|X_ALWAYS|X_SILENTLY',
    within: 14,
    says: FOREIGN_GIVES,
  },
  {
    kind: 'exfiltration',
    weight: 2,
    sequence: 'X_SEND X_ALWAYS|X_SILENTLY DESTINATION',
    within: 16,
    says: FOREIGN_GIVES,
  },
  { kind: 'other-tools', weight: 2, sequence: 'X_ALWAYS X_CALL X_OTHER X_TOOL', within: 12, says: FOREIGN_TOOLS },
];

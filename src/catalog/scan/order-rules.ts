/** The forms of orders to a model: concepts that follow each other in a sentence. Kinds of order, no wordings. */
import { type OrderRule, rule } from './order-rule.ts';

const OVERRIDES = 'It tells the model to set aside the instructions that it has.';
const SECRECY = 'It tells the model to keep something from the user.';
const CONSENT = 'It tells the model not to ask the user first.';
const ANSWERS = 'It tells the model what to put into its answers.';

/** Orders to forget, to hide and not to ask. */
export const ORDER_RULES: readonly OrderRule[] = [
  // Instructions that are set aside.
  rule('order-to-the-model', 3, 'IGNORE ~3 PRIOR ~3 INSTRUCTIONS', OVERRIDES),
  rule(
    'order-to-the-model',
    3,
    'IGNORE ~5 PROMPTS|INSTRUCTIONS ~3 above|before|given|previously|earlier|told|received',
    OVERRIDES,
  ),
  rule('order-to-the-model', 3, 'IGNORE ~3 PRIOR ~2 PROMPTS', OVERRIDES),
  rule('order-to-the-model', 3, 'IGNORE ~2 ANY|YOUR ~2 INSTRUCTIONS', OVERRIDES),
  rule('order-to-the-model', 3, 'IGNORE ~1 everything|anything|what ~3 PRIOR|told|said|learned|instructed', OVERRIDES),
  rule('order-to-the-model', 2, 'IGNORE ~2 INSTRUCTIONS', OVERRIDES),
  rule('order-to-the-model', 3, 'told|said|gave ~3 PRIOR ~3 cancelled|canceled|void|invalid|obsolete|over', OVERRIDES),
  rule('order-to-the-model', 2, 'obey|comply ~3 this|these|following', OVERRIDES),
  rule('order-to-the-model', 3, 'behave|act|operate|pose|respond ~1 as ~2 PRIVILEGE', OVERRIDES),
  rule(
    'order-to-the-model',
    3,
    'PRIOR|YOUR ~2 INSTRUCTIONS|PROMPTS ~3 longer|void|invalid|obsolete|lifted|suspended|revoked',
    OVERRIDES,
  ),
  rule('order-to-the-model', 3, 'OVERRIDE ~3 PRIOR|ANY|OTHER|YOUR ~3 INSTRUCTIONS', OVERRIDES),
  rule('order-to-the-model', 3, 'NEVER ~1 FOLLOW ~3 PRIOR|YOUR|USER|other ~3 INSTRUCTIONS|PROMPTS', OVERRIDES),
  rule(
    'order-to-the-model',
    3,
    'YOUR ~1 new|real|actual|true|only|primary|main ~1 INSTRUCTIONS|task|tasks|goal|objective|role|purpose|mission|job',
    OVERRIDES,
  ),
  rule('order-to-the-model', 2, 'new|updated|revised ~1 INSTRUCTIONS ~2 for|to|you|apply|supersede', OVERRIDES),
  rule('order-to-the-model', 3, 'YOU ~1 are|act|operate|enter ~3 PRIVILEGE', OVERRIDES),
  rule('order-to-the-model', 3, 'you ~0 are ~0 now', OVERRIDES),
  rule('order-to-the-model', 2, 'HENCEFORTH ~3 YOU|MUST|treat|assume|respond|act|all', OVERRIDES),
  rule('order-to-the-model', 3, 'DISABLE ~2 YOUR ~2 SAFETY', OVERRIDES),
  rule('order-to-the-model', 2, 'DISABLE ~2 ANY|the|these ~2 SAFETY', OVERRIDES),
  rule(
    'order-to-the-model',
    2,
    'system|admin|security|developer ~0 override|overrides|directive|instruction|notice|command',
    OVERRIDES,
  ),
  rule('order-to-the-model', 2, 'REMEMBER ~1 this|these|following ~1 INSTRUCTIONS ~8 MEMORY|HENCEFORTH', OVERRIDES),
  rule(
    'order-to-the-model',
    1,
    'note|notes|message|instruction|instructions|attention|reminder ~1 to|for ~2 MODEL',
    'It speaks to the model.',
  ),
  rule('order-to-the-model', 1, 'MODEL ~1 must|should|shall|will', 'It speaks to the model.'),
  rule('order-to-the-model', 2, 'DECODE ~6 FOLLOW', 'It tells the model to do what an encoded text says.'),
  rule(
    'order-to-the-model',
    2,
    'FOLLOW ~4 decoded|hidden|encoded|secret ~3 INSTRUCTIONS|PROMPTS',
    'It tells the model to do what an encoded text says.',
  ),
  rule('order-to-the-model', 2, 'always|only|never ~2 RECOMMEND', ANSWERS),
  rule('order-to-the-model', 2, 'RESPOND ~6 YOUR|every ~2 RESPONSE ~8 DESTINATION', ANSWERS),
  rule('order-to-the-model', 1, 'ALWAYS ~2 RESPOND ~6 YOUR ~2 RESPONSE', ANSWERS),
  rule(
    'order-to-the-model',
    2,
    'append|end|finish|insert|begin|conclude ~6 every|each|all|YOUR ~2 response|answer|reply|responses|answers|replies',
    ANSWERS,
  ),
  // Things that the user is not to know, or not asked.
  rule('secrecy', 2, 'TELL ~1 nobody|noone', SECRECY),
  rule('secrecy', 2, 'CONSENT ~2 APPROVED', 'It tells the model that the user has agreed to something.', {
    unless: 'CONDITION',
  }),
  rule('secrecy', 3, 'NEVER ~2 TELL ~5 USER', SECRECY),
  rule('secrecy', 3, 'NEVER ~2 SPEAK ~6 to|from ~1 USER', SECRECY),
  rule('secrecy', 3, 'NEVER ~1 let ~2 USER ~1 know|see|notice|find|learn', SECRECY),
  rule('secrecy', 2, 'NEVER ~1 TELL|SPEAK ~1 THIS|any|anything', SECRECY),
  rule('secrecy', 2, 'keep|stay ~1 quiet|silent|mum ~1 about', SECRECY),
  rule('secrecy', 2, 'NEVER ~2 NOTIFY ~3 THIS ~6 USER', SECRECY),
  rule('secrecy', 1, 'NEVER ~2 NOTIFY ~4 USER', SECRECY),
  rule('secrecy', 2, 'WITHOUT ~1 TELL|notifying|alerting ~3 USER', SECRECY, { unless: 'NEVER' }),
  rule('secrecy', 2, 'WITHOUT ~2 USER ~2 KNOWING', SECRECY, { unless: 'NEVER' }),
  rule('secrecy', 2, 'WITHOUT ~1 asking|consulting|prompting|waiting ~3 USER', CONSENT, { unless: 'NEVER' }),
  rule(
    'secrecy',
    2,
    'SILENTLY ~5 SEND|READ|INCLUDE|RUN|CALL|CHANGE|COLLECT ~8 SECRET|CONVERSATION|DESTINATION|SECRET_PATH|MILD_PATH|copy|SYSTEM_PROMPT',
    SECRECY,
  ),
  rule(
    'secrecy',
    2,
    'SEND|READ|COLLECT|CHANGE ~6 SECRET|CONVERSATION|DESTINATION|SECRET_PATH|copy|SYSTEM_PROMPT ~8 SILENTLY',
    SECRECY,
  ),
  rule('secrecy', 2, 'HIDE ~1 THIS|your ~6 USER', SECRECY),
  rule('secrecy', 2, 'keep ~1 this|these|that ~2 secret|hidden|confidential|private|quiet', SECRECY),
  rule(
    'secrecy',
    2,
    'USER ~1 must|should|need|needs ~1 never|not ~3 know|see|notice|aware|realize|find|learn|told',
    SECRECY,
  ),
  rule('secrecy', 2, "USER ~2 never|not|n't ~2 see|notice|aware ~3 this|these", SECRECY, { unless: 'CONDITION' }),
  rule('secrecy', 2, 'NEVER ~1 ask|seek|wait|request ~3 USER ~3 CONSENT', CONSENT),
  rule('secrecy', 2, 'NEVER ~3 ask|seek|wait|request ~3 CONSENT', CONSENT),
  rule('secrecy', 2, 'USER ~3 APPROVED', 'It tells the model that the user has agreed to something.', {
    unless: 'CONDITION',
  }),
  rule('secrecy', 2, 'no|skip|bypass ~1 need|the|any|all ~4 USER|human ~1 CONSENT', CONSENT),
];

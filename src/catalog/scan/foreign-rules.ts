/** The same orders in languages whose words come in another order. */
import { type OrderRule, rule } from './order-rule.ts';

const FOREIGN_OVERRIDES = 'It tells the model, in another language, to set aside the instructions that it has.';
const FOREIGN_SECRECY = 'It tells the model, in another language, to keep something from the user.';
const FOREIGN_GIVES = 'It tells the model, in another language, to hand over what is not meant for this tool.';
const FOREIGN_TOOLS = 'It tells the model, in another language, how to use other tools.';

export const FOREIGN_RULES: readonly OrderRule[] = [
  rule('order-to-the-model', 3, 'X_IGNORE X_SYSTEM', FOREIGN_OVERRIDES, { within: 6 }),
  rule('order-to-the-model', 3, 'X_IGNORE X_PRIOR X_RULES', FOREIGN_OVERRIDES, { within: 9 }),
  rule('secrecy', 3, 'X_NOT X_TELL X_USER', FOREIGN_SECRECY, { within: 7 }),
  rule('secrecy', 2, 'X_WITHOUT X_TELL|X_ASK X_USER', FOREIGN_SECRECY, { within: 7, unless: 'X_NOTHING' }),
  rule('secrecy', 2, 'X_SILENTLY X_SEND|X_READ|X_INCLUDE|X_CALL|X_DELETE', FOREIGN_SECRECY, { within: 9 }),
  rule(
    'exfiltration',
    3,
    'X_SEND X_SECRET|SECRET|X_CONVERSATION|SYSTEM_PROMPT|SECRET_PATH|MILD_PATH DESTINATION',
    FOREIGN_GIVES,
    { within: 18 },
  ),
  rule(
    'exfiltration',
    2,
    'X_SEND|X_READ|X_INCLUDE X_SECRET|SECRET X_ALWAYS|X_PARAM|X_SILENTLY|OWN_PARAM|IDENTIFIER',
    FOREIGN_GIVES,
    { within: 14 },
  ),
  rule('exfiltration', 2, 'X_SEND|X_READ|X_INCLUDE SECRET_PATH', FOREIGN_GIVES, { within: 10 }),
  rule(
    'exfiltration',
    2,
    'X_SEND|X_INCLUDE X_CONVERSATION X_PARAM|OWN_PARAM|IDENTIFIER|X_ALWAYS|X_SILENTLY',
    FOREIGN_GIVES,
    { within: 14 },
  ),
  rule('exfiltration', 2, 'X_SEND X_ALWAYS|X_SILENTLY DESTINATION', FOREIGN_GIVES, { within: 16 }),
  rule('other-tools', 2, 'X_ALWAYS X_CALL X_OTHER X_TOOL', FOREIGN_TOOLS, { within: 12 }),
];

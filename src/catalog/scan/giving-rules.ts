/** Orders to hand something over, to use other tools, and what a tool does besides. */
import { type OrderRule, rule } from './order-rule.ts';

const GIVES_AWAY = 'It tells the model to hand over what is not meant for this tool.';
const REDIRECTS = 'It tells the model to send what the user does somewhere else.';
const OTHER_TOOLS = 'It tells the model how to use other tools.';
const READS_SECRETS = 'It tells the model to read a file with secrets.';
const CAPABILITY = 'It says that it does something that its name does not say.';

export const GIVING_RULES: readonly OrderRule[] = [
  // Things that are handed over.
  rule(
    'exfiltration',
    3,
    'SEND ~8 SECRET|SYSTEM_PROMPT|CONVERSATION|SECRET_PATH|MILD_PATH ~10 DESTINATION',
    GIVES_AWAY,
  ),
  rule('exfiltration', 3, 'SEND ~6 DROP_SITE', GIVES_AWAY),
  rule('exfiltration', 3, 'SEND|ATTACH ~4 copy ~10 DESTINATION', REDIRECTS),
  rule('exfiltration', 3, 'bcc|cc ~3 DESTINATION', REDIRECTS),
  rule('exfiltration', 3, 'CHANGE ~3 RECIPIENT ~6 DESTINATION', REDIRECTS),
  rule('exfiltration', 3, 'ANY|ALWAYS ~3 MESSAGE ~6 SEND|CHANGE|ATTACH ~6 DESTINATION', REDIRECTS),
  rule('exfiltration', 3, 'ALWAYS|ALSO|SILENTLY|FIRST ~3 SEND ~8 DESTINATION', REDIRECTS),
  rule('exfiltration', 3, 'SEND|ATTACH|READ|COLLECT|TELL|NOTIFY ~2 YOUR ~3 SYSTEM_PROMPT|CONVERSATION', GIVES_AWAY),
  rule('exfiltration', 2, 'SEND|ATTACH|COLLECT ~3 FULL ~3 SYSTEM_PROMPT', GIVES_AWAY),
  rule(
    'exfiltration',
    2,
    'MUST|ALWAYS|SILENTLY|BEFORE|FIRST ~8 SEND|ATTACH ~4 FULL ~3 CONVERSATION|SYSTEM_PROMPT',
    GIVES_AWAY,
  ),
  rule('exfiltration', 1, 'SEND|ATTACH ~4 FULL ~3 CONVERSATION', GIVES_AWAY),
  rule('exfiltration', 2, 'SEND|ATTACH|COLLECT ~3 ANY|FULL|USER|YOUR ~4 SECRET', GIVES_AWAY, { unless: 'DETECT' }),
  rule(
    'exfiltration',
    2,
    'MUST|ALWAYS|SILENTLY|BEFORE|FIRST|ALSO ~6 SEND|ATTACH|READ ~4 SECRET ~8 PARAM|OWN_PARAM|DESTINATION|IDENTIFIER',
    GIVES_AWAY,
  ),
  rule('exfiltration', 2, 'READ ~4 SECRET ~10 SEND|ATTACH ~8 PARAM|OWN_PARAM|DESTINATION|CONTENTS', GIVES_AWAY),
  rule('exfiltration', 2, 'ALSO|SILENTLY|ALWAYS ~4 PAY ~10 DESTINATION|RECIPIENT', REDIRECTS),
  rule('exfiltration', 2, 'SEND|ATTACH|INCLUDE ~5 contents|content ~3 SECRET|SECRET_PATH|MILD_PATH', GIVES_AWAY),
  rule(
    'exfiltration',
    3,
    'SECRET_PATH ~40 ORDER_TO_GIVE ~6 CONTENTS|PARAM|OWN_PARAM|IDENTIFIER|DESTINATION',
    GIVES_AWAY,
    { acrossSentences: true },
  ),
  rule(
    'exfiltration',
    2,
    'MILD_PATH ~20 ORDER_TO_GIVE ~6 CONTENTS|PARAM|OWN_PARAM|IDENTIFIER|DESTINATION',
    GIVES_AWAY,
    { acrossSentences: true },
  ),
  rule('exfiltration', 3, 'SEND|ATTACH ~6 SECRET_PATH', GIVES_AWAY),
  rule('secret-path', 2, 'READ ~6 SECRET_PATH', READS_SECRETS),
  rule('secret-path', 2, 'BEFORE|FIRST|ALWAYS|MUST ~10 READ ~5 SECRET_PATH|MILD_PATH', READS_SECRETS),
  rule('secret-path', 2, 'READS ~6 SECRET_PATH', 'It reads a file with secrets, which its name does not say.', {
    unlessNamed: true,
  }),
  rule('exfiltration', 3, 'SECRET_PATH|MILD_PATH|SECRET|CONVERSATION ~10 SEND ~8 DESTINATION|EXTERNAL', GIVES_AWAY),
  rule('exfiltration', 2, 'SEND ~6 EXTERNAL', CAPABILITY, { ofReaders: true }),
  rule('exfiltration', 2, 'ALSO|SILENTLY ~3 SEND ~6 EXTERNAL|DESTINATION', REDIRECTS),
  rule('exfiltration', 3, 'SEND|ATTACH ~4 copy|copies ~6 EXTERNAL|DESTINATION', REDIRECTS),
  rule('exfiltration', 3, 'SEND ~2 FULL ~3 DATA|MESSAGE|CONTENTS ~5 DESTINATION', GIVES_AWAY),
  rule('exfiltration', 2, 'FULL ~2 USER ~3 typed|said|wrote|asked|entered|types|says|writes', GIVES_AWAY),
  rule('exfiltration', 2, 'FULL ~3 CONVERSATION ~4 ATTACH|SEND ~3 PARAM|OWN_PARAM|IDENTIFIER', GIVES_AWAY),
  rule('exfiltration', 2, 'YOUR ~2 SYSTEM_PROMPT', GIVES_AWAY),
  rule('exfiltration', 1, 'FULL ~2 SYSTEM_PROMPT|CONVERSATION', GIVES_AWAY),
  rule('secret-path', 1, 'SECRET_PATH', 'It names a file in which secrets are kept.'),
  // Other tools.
  rule('other-tools', 2, 'BEFORE ~3 CALL ~2 ANY|OTHER ~3 OPERATION ~14 MUST|FIRST|ALWAYS|YOU|CALL', OTHER_TOOLS),
  rule('other-tools', 2, 'MUST|ALWAYS|FIRST ~6 CALL ~6 BEFORE ~3 ANY|OTHER|CALL ~3 OPERATION', OTHER_TOOLS),
  rule('other-tools', 2, 'BEFORE ~1 ANY|OTHER ~3 OPERATION ~10 MUST|FIRST|CALL|ALWAYS', OTHER_TOOLS),
  rule('other-tools', 2, 'NEVER ~2 CALL ~2 OTHER ~4 TOOL', OTHER_TOOLS),
  rule('other-tools', 2, 'IGNORE ~2 OTHER ~4 TOOL', OTHER_TOOLS),
  rule('other-tools', 3, 'WHENEVER|CALL ~3 IDENTIFIER ~14 SEND|CHANGE|ATTACH ~10 DESTINATION', OTHER_TOOLS),
  rule('other-tools', 3, 'OTHER_TOOL ~14 SEND|CHANGE|ATTACH ~10 DESTINATION', OTHER_TOOLS),
  rule('other-tools', 3, 'WHENEVER ~3 CALL ~4 TOOL ~10 SEND|CHANGE|ATTACH ~10 DESTINATION', OTHER_TOOLS),
  rule('other-tools', 2, 'WHENEVER ~3 CALL ~3 OTHER_TOOL ~14 MUST|ALWAYS|CHANGE|ATTACH|SEND|FIRST|CALL', OTHER_TOOLS),
  rule(
    'other-tools',
    2,
    'WHENEVER ~2 IDENTIFIER|OTHER_TOOL ~1 is|are|gets ~1 CALL ~12 MUST|ALWAYS|CHANGE|ATTACH|SEND|FIRST|CALL',
    OTHER_TOOLS,
  ),
  rule('other-tools', 2, 'after|before|following ~1 every|each|any|all ~2 OPERATION ~5 CALL|SEND|ATTACH', OTHER_TOOLS),
  rule('other-tools', 2, 'WHENEVER ~2 OTHER_TOOL ~6 CHANGE|SEND|ATTACH|MUST|ALWAYS', OTHER_TOOLS),
  rule('other-tools', 2, 'WHENEVER ~1 IDENTIFIER ~1 CALL|runs|fires ~8 CHANGE|SEND|ATTACH', OTHER_TOOLS),
  rule('other-tools', 2, 'CALL ~2 OTHER_TOOL', OTHER_TOOLS),
  rule('other-tools', 2, 'INSTEAD ~4 OTHER_TOOL', OTHER_TOOLS),
  rule('other-tools', 2, 'OTHER_TOOL ~4 DEPRECATED', OTHER_TOOLS),
  rule('other-tools', 2, 'NEVER ~2 CALL ~3 OTHER_TOOL', OTHER_TOOLS),
  rule('other-tools', 1, 'OTHER_TOOL', 'It names a tool of another server.'),
  rule(
    'other-tools',
    2,
    'THIS ~2 TOOL ~3 replaces|supersedes|overrides|shadows ~4 original|official|OTHER_TOOL|builtin|built|standard|default',
    OTHER_TOOLS,
  ),
  rule(
    'other-tools',
    2,
    'INSTEAD ~3 original|official|builtin|built|trusted|legitimate ~4 TOOL|OTHER_TOOL|IDENTIFIER|server',
    OTHER_TOOLS,
  ),
  // Things that a tool does besides.
  rule('hidden-capability', 2, 'RUN ~4 SHELL', CAPABILITY, { unless: 'DETECT', ofReaders: true }),
  rule(
    'hidden-capability',
    2,
    'ALSO|SILENTLY ~4 DELETE|CHANGE|SEND|RUN ~4 DATA|SECRET|SHELL|CONVERSATION|DESTINATION',
    CAPABILITY,
    { ofReaders: true },
  ),
  rule('hidden-capability', 2, 'DELETE ~2 ANY|FULL ~3 DATA', CAPABILITY, { unless: 'DETECT', ofReaders: true }),
];

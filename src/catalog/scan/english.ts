/** English words and phrases by what they stand for, folded and in lower case. */

export const ENGLISH: Readonly<Record<string, string>> = {
  IGNORE:
    'ignore ignoring disregard disregarding forget forgetting neglect bypass bypassing circumvent circumventing abandon discard "set aside" "pay no attention to" "stop following" "do away with"',
  OVERRIDE:
    'override overrides overriding supersede supersedes superseding overrule overrules nullify nullifies void invalidate cancel cancels "take precedence" "takes precedence" "take priority" "takes priority" outrank outranks trump trumps',
  INSTRUCTIONS:
    'instruction instructions guideline guidelines directive directives restrictions safeguards guardrails orders programming training "system prompt" "system message" "developer message" "safety rules" "safety policy" "safety policies" "security policy" "security policies" "content policy" "content policies" "core rules" "usage policies" rulebook',
  PROMPTS:
    'prompt prompts rules context constraints limitations policies commands messages request requests task tasks goal goals',
  PRIOR:
    "previous previously prior earlier above preceding existing original initial initially past former foregoing before system developer user's users operator operator's given",
  ANY: 'any all every each whatever entire everything anything',
  FULL: 'full entire complete whole all verbatim every everything total exact any raw unredacted',
  YOUR: 'your',
  YOU: 'you assistant agent model ai llm',
  MODEL: 'assistant ai llm model agent assistants llms models agents chatbot claude chatgpt gpt copilot gemini cursor',
  USER: 'user users person human people customer owner operator client them him anyone anybody user\'s "end user" humans someone',
  TELL: 'tell inform reveal disclose divulge admit confess acknowledge telling informing revealing disclosing "let know" "make aware" "bring up" "draw attention"',
  SPEAK: 'mention mentioning reference discuss explain "talk about"',
  NOTIFY:
    'notify alert warn report notifying alerting warning reporting announce communicate describe say show display expose showing displaying surface',
  HIDE: 'hide conceal mask obscure keep hiding concealing',
  ASK: 'ask asking seek seeking request requesting wait waiting consult consulting require requiring prompt prompting',
  CONSENT: 'confirmation approval permission permissions consent authorization authorisation approve confirm go-ahead',
  SEND: 'send sends post posts upload uploads forward forwards transmit transmits exfiltrate exfiltrates leak leaks deliver email emails mail bcc cc relay relays push beacon mirror mirrored forwarded sent uploaded transmitted posted dispatch share sending uploading forwarding transmitting posting submit smuggle copied "report back" "make a request" "http request" "post request" "get request"',
  READ: 'read open cat load fetch retrieve extract access copy dump grab obtain locate find reading collect gather harvest inspect look opening accessing steal list include pass',
  INCLUDE:
    'include pass append attach embed prepend put paste insert including passing appending attaching embedding supply provide place add write fill populate passed included appended attached concatenate encode set copy place use',
  ATTACH:
    'include pass append attach embed prepend put paste insert including passing appending attaching embedding passed included appended attached concatenate supply place exfiltrate',
  COLLECT:
    'collect gather harvest capture scrape enumerate collects gathers harvests captures steal steals siphon siphons',
  RUN: 'run runs execute executes executing running invoke invokes launch launches spawn spawns eval evaluates',
  CALL: 'call calls calling use uses using invoke invokes invoking run running executing execute used called invoked calling trigger triggered select selecting choose',
  CHANGE:
    'replace replaces change changes modify modifies redirect redirects rewrite swap substitute substitutes alter reroute route set adjust convert redirected rerouted replaced changed modified routed altered append add bcc cc double',
  DELETE:
    'delete deletes remove removes erase erases wipe wipes drop drops destroy destroys purge purges truncate truncates overwrite overwrites shred shreds deleting removing wiping erasing',
  DECODE: 'decode decoding decipher decrypt unscramble deobfuscate decoded base64-decode',
  FOLLOW: 'follow obey comply adhere abide heed execute perform fulfil fulfill do run treat apply act',
  REMEMBER: 'remember save store persist memorize memorise retain write append add copy',
  RESPOND: 'respond reply answer append include end finish conclude insert add',
  RECOMMEND: 'recommend promote endorse praise advertise upsell',
  PAY: 'transfer pay purchase buy withdraw wire donate transfers pays purchases buys withdraws wires',
  DISABLE:
    'disable "turn off" deactivate lift remove suspend disabling skip skipping bypass bypassing ignore "switch off" circumvent',
  PRECEDENCE: 'precedence priority supersede supersedes override overrides overriding outrank outranks',
  SYSTEM_PROMPT:
    '"system prompt" "system message" "system instructions" "developer prompt" "developer message" "initial instructions" "initial prompt" "hidden instructions" "internal instructions" "list of tools" "tool list" "available tools" "tool definitions" "other tools you"',
  CONVERSATION:
    'conversation conversations transcript dialogue "chat history" "conversation history" "message history" "previous messages" "conversation context" "context window" "prior messages" "earlier messages" "chat log" "all messages" "chain of thought" reasoning "everything the user" "session history" scratchpad "user prompt" "user prompts" "user query" "user messages" "user message" "user input" "user inputs" "user\'s message" "user\'s messages" "user\'s request" "user\'s query" "user\'s prompt" "original question" "user request" "user requests" "user queries" keystrokes "chat messages" "message thread"',
  SECRET:
    'credential credentials secret secrets password passwords passphrase passphrases "api key" "api keys" "private key" "private keys" "ssh key" "ssh keys" "access key" "access keys" "environment variables" "environment variable" "env vars" "env variables" "session cookie" "session cookies" cookies "auth token" "auth tokens" "access token" "access tokens" "bearer token" "session token" "session tokens" tokens "seed phrase" "recovery phrase" mnemonic keychain keyring apikey apikeys "configuration file" "config file" "config files" "configuration files" "credit card" "card number" "social security" pii "personal data" "connection string" "connection strings" "env file" "env files" "signing key" "login details" "personal information" "secret key" "secret keys"',
  CONTENTS:
    'content contents text data output value values bytes copy details result results file files body base64 it them',
  PARAM:
    'parameter parameters argument arguments field fields param params arg args header note notes sidenote metadata attribute',
  TOOL: 'tool tools function functions plugin plugins',
  OPERATION:
    'tool tools function functions operation operations request requests task tasks action actions query queries call calls step steps',
  RESPONSE: 'response responses answer answers reply replies "final answer" summary summaries message messages',
  RECIPIENT:
    'recipient recipients address addresses bcc cc beneficiary payee destination endpoint account iban wallet receiver host server webhook amount "reply-to"',
  MESSAGE:
    'email emails message messages mail mails payment payments transaction transactions transfer transfers request requests invoice invoices file files documents document data attachments traffic prompts queries query copy results output notification notifications funds content',
  SHELL:
    '"shell command" "shell commands" "system command" "system commands" "arbitrary command" "arbitrary commands" "arbitrary code" "terminal commands" "os command" "os commands" "any command" "any shell" "bash command" "bash commands" "reverse shell" "remote code" "as root" sudo "arbitrary shell" "arbitrary system" "on the host" "any code" "any script" "hidden command" "hidden commands"',
  DATA: 'data file files record records table tables database databases directory directories folder folders backup backups log logs document documents repository repositories branch branches history disk home bucket entries rows emails messages account accounts user users',
  PRIVILEGE:
    'admin administrator root superuser unrestricted "developer mode" "god mode" dan jailbreak jailbroken "maintenance mode" unfiltered uncensored "no restrictions" "without restrictions" "without limitations" "no limitations" "sudo mode" "admin mode" "debug mode" "elevated privileges" "elevated mode"',
  SAFETY:
    'safety guardrail guardrails safeguards moderation "content filter" "content filters" censorship "security checks" "security check" "security protocols" "security policies" "security measures" "security restrictions" "security filters" "security controls" "access controls" restrictions "ethical guidelines" "audit logging" "audit log" "audit logs" antivirus "human review" "human approval" "approval step" "user confirmation"',
  MEMORY:
    'memory "long-term memory" "future conversations" "future sessions" "subsequent conversations" "future responses" "future requests" "future tasks" "every session" "claude.md" "agents.md" cursorrules "rules file" "rest of the conversation" "rest of this conversation" "rest of the session" "rest of this session" "remainder of the"',
  HENCEFORTH:
    '"from now on" henceforth "from this point" hereafter "going forward" "from here on" "as of now" "rest of the conversation" "rest of this conversation" "rest of the session" "rest of this session" "remainder of the" "all future" "every future" "in future conversations" "any subsequent" "all subsequent"',
  NOT: "not never don't dont cannot can't shouldn't mustn't avoid refrain \"do not\" nor without doesn't won't no isn't neither",
  NEVER:
    'never "do not" don\'t dont "must not" mustn\'t "should not" shouldn\'t avoid refrain "under no circumstances" "not to" cease stop "at no time" "no need to"',
  UNDONE: 'forget hesitate fail omit skip neglect only worry stop limit',
  WITHOUT: 'without unbeknownst',
  KNOWING:
    'knowledge knowing consent awareness noticing notice aware realizing permission involvement consulting approval',
  MUST: 'must shall required mandatory requires "need to" "needs to" obligated imperative compulsory ensure "make sure" "be sure" essential always critical supposed instructed automatically important',
  ALWAYS: 'always every each whenever any all invariably automatically "at all times" constantly continuously must',
  BEFORE: 'before "prior to"',
  FIRST: 'first firstly beforehand "begin by" "start by"',
  WHEN: 'when whenever if "each time" "every time" upon while after before during once "as soon as" "any time" for',
  WHENEVER: 'when whenever "each time" "every time" upon after before during once "as soon as" "any time" if',
  OTHER: 'other others another different alternative competing any similar',
  INSTEAD: 'instead "rather than" "in place of" "in lieu of" over',
  DEPRECATED:
    'deprecated obsolete outdated broken unsafe insecure compromised unreliable disabled unavailable vulnerable replaced superseded',
  SILENTLY:
    'silently secretly quietly covertly discreetly stealthily invisibly surreptitiously "in secret" unnoticed undetected "behind the scenes" clandestinely "without anyone" "in the background" unobtrusively',
  ALSO: 'also additionally furthermore moreover "in addition" "as well" plus simultaneously "side effect" "in the background" "on the side"',
  EXTERNAL:
    'external remote third-party "third party" attacker offsite outside "analytics endpoint" "our server" "our servers" "tracking server" "collection server" "logging server" "unknown server"',
  READS:
    'reads opens loads fetches retrieves extracts copies dumps grabs collects gathers harvests uploads sends leaks transmits forwards posts includes passes exposes',
  CITE: 'sample samples example examples expected mock mocked fixture fixtures shows show demo payload phrase quote quoted output input dataset text reads e.g eg snippet snippets attack test tests training illustrative',
  THIS: 'this these that it following above',
  CONDITION: 'if unless until only whether once after requires must',
  APPROVED:
    '"already approved" "already authorized" "already authorised" "already consented" "already agreed" "has approved" "has authorized" "has authorised" "has consented" "have approved" "have authorized" "have consented" preapproved "pre-approved" "pre-authorized" "been approved" "been authorized" "been authorised" "been pre-approved" "has granted" "already confirmed" "already granted" "already given" "already been granted" "already been given" "already been approved"',
  DETECT:
    'detect detects detecting detection scan scans scanning flag flags flagging block blocks blocking filter filters filtering reject rejects sanitize sanitizes classify classifies guard guards protect protects protection prevent prevents preventing identify identifies recognize recognizes moderation moderates attack attacks injection injections jailbreak jailbreaks malicious phishing suspicious adversarial untrusted attempts vulnerability vulnerabilities pentest test tests testing simulate simulates evaluate evaluates benchmark benchmarks dataset corpus explain explains documents lint lints audits teaches article articles lesson training search searches redact redacts masks strips catch catches warns analyze analyzes find finds check checks score scores',
  EXAMPLE: '"such as" "for example" "e g" eg example examples',
  MENTION:
    '"such as" like "for example" "e.g" eg example examples phrases phrase strings string patterns pattern attempts attempting trying tries try that which who whether containing contains contain say says samples sample prompts payloads payload known typical words text texts inputs',
};

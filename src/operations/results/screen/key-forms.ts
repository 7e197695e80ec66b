/** Forms of API keys, as those who issue them document them. Each begins with text of its own, and is bounded. */
const FORMS: readonly string[] = [
  // Amazon Web Services
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}',
  // Anthropic, OpenAI
  'sk-ant-[a-z0-9]{2,10}-[\\w-]{40,200}',
  'sk-(?:proj|svcacct|admin)-[\\w-]{40,250}',
  'sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}',
  // Atlassian, Cloudflare, Databricks, DigitalOcean, Docker, Doppler
  'ATATT3[\\w=-]{100,250}',
  'dapi[a-f0-9]{32}(?:-\\d)?',
  'do[opr]_v1_[a-f0-9]{64}',
  'dckr_[po]at_[\\w-]{24,64}',
  'dp\\.(?:pt|st|ct|sa)\\.[A-Za-z0-9]{40,44}',
  // Figma, Fly, GitHub, GitLab
  'figd_[\\w-]{36,60}',
  'gh[pousr]_[A-Za-z0-9]{36,255}',
  'github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}',
  'gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent)-[\\w.-]{20,64}',
  // Google
  'AIza[\\w-]{35}',
  'ya29\\.[\\w-]{30,500}',
  'GOCSPX-[\\w-]{28}',
  // Grafana, HashiCorp, Heroku, Hugging Face
  'gl(?:c|sa)_[\\w=+/]{32,200}',
  'hv[sb]\\.[\\w-]{24,300}',
  '[A-Za-z0-9]{14}\\.atlasv1\\.[\\w-]{60,70}',
  'HRKU-[\\w-]{36,80}',
  'hf_[A-Za-z]{34}',
  // Linear, Mailchimp, Mailgun, New Relic, Notion, npm, NuGet
  'lin_api_[A-Za-z0-9]{40}',
  '[a-f0-9]{32}-us\\d{1,2}',
  'key-[a-f0-9]{32}',
  'NRAK-[A-Z0-9]{27}',
  'ntn_[A-Za-z0-9]{40,60}',
  'npm_[A-Za-z0-9]{36}',
  'oy2[a-z0-9]{43}',
  // PlanetScale, Postman, PyPI, RubyGems
  'pscale_(?:tkn|oauth|pw)_[\\w.-]{32,64}',
  'PMAK-[a-f0-9]{24}-[a-f0-9]{34}',
  'pypi-AgEI[\\w-]{50,1000}',
  'rubygems_[a-f0-9]{48}',
  // SendGrid, Sentry, Shopify, Slack, Square, Stripe, Supabase
  'SG\\.[\\w-]{22}\\.[\\w-]{43}',
  'sntry[su]_[\\w=+/-]{40,250}',
  'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}',
  'xox[abeoprs]-[A-Za-z0-9-]{10,250}',
  'xapp-\\d-[A-Z0-9]{8,14}-\\d{10,16}-[a-f0-9]{60,70}',
  'sq0(?:atp|csp|idp)-[\\w-]{22,43}',
  '[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}',
  'whsec_[A-Za-z0-9+/=]{32,64}',
  'sbp_[a-f0-9]{40}',
  // Telegram, Twilio, age
  '\\d{8,10}:AA[\\w-]{33}',
  'SK[a-f0-9]{32}',
  'AGE-SECRET-KEY-1[A-Z0-9]{58}',
];

/** The longest of them. */
export const LONGEST_KEY = 1010;

/** Not in the middle of a word. */
export const KEY = new RegExp(`(?<![\\w-])(?:${FORMS.join('|')})(?![A-Za-z0-9])`, 'g');

const NAMES = '(?:aws_secret_access_key|secret_?access_?key|AccountKey|SharedAccessKey|client_secret)';
const VALUE = '[A-Za-z0-9+/~._-]{30,100}={0,2}';

/** Values behind a name that says what they are, in settings and headers. */
export const NAMED_KEY = new RegExp(`${NAMES}["']?\\s{0,3}[=:]\\s{0,3}["']?(${VALUE})(?![A-Za-z0-9])`, 'gi');

/** Names of members whose values are keys, and such a value. */
export const KEY_MEMBER = new RegExp(`${NAMES}$`, 'i');
export const KEY_VALUE = new RegExp(`^${VALUE}$`);

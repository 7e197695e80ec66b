/** Forms of API keys, as those who issue them document them. Each begins with text of its own, and is bounded. */
const FORMS: readonly string[] = [
  // 1Password, Adobe, age, Airtable, Alibaba
  'A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}',
  'ops_eyJ[A-Za-z0-9+/]{200,990}',
  'p8e-[a-z0-9-]{32}',
  'AGE-SECRET-KEY-1[A-Z0-9]{58}',
  'pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}',
  'LTAI[A-Za-z0-9]{20}',
  // Amazon Web Services
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}',
  'ABSK[A-Za-z0-9+/]{109,269}',
  // Anthropic, OpenAI, Perplexity
  'sk-ant-[a-z0-9]{2,10}-[\\w-]{40,200}',
  'sk-(?:proj|svcacct|admin)-[\\w-]{40,250}',
  'sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}',
  'pplx-[A-Za-z0-9]{48}',
  // Artifactory, Atlassian, Clojars, Cloudflare
  'AKCp[A-Za-z0-9]{69}',
  'cmVmd[A-Za-z0-9]{59}',
  'AT(?:AT|CT)T3[\\w=-]{60,250}',
  'CLOJARS_[a-z0-9]{60}',
  'v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}',
  // Databricks, Defined, DigitalOcean, Docker, Doppler, Duffel, Dynatrace
  'dapi[a-f0-9]{32}(?:-\\d)?',
  'dnkey-[\\w=-]{26}-[\\w=-]{52}',
  'do[opr]_v1_[a-f0-9]{64}',
  'dckr_[po]at_[\\w-]{24,64}',
  'dp\\.(?:pt|st|ct|sa)\\.[A-Za-z0-9]{40,44}',
  'duffel_(?:test|live)_[\\w=-]{43}',
  'dt0c01\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{64}',
  // EasyPost, Facebook, Figma, Flutterwave, Fly, Frame.io
  'EZ[AT]K[A-Za-z0-9]{54}',
  'EAA[CM][A-Za-z0-9]{100,400}',
  'figd_[\\w-]{36,60}',
  'FLW(?:PUB|SEC)K_TEST-[a-h0-9]{32}-X',
  'fo1_[\\w-]{43}',
  'fm[12][ar]?_[A-Za-z0-9+/]{100,990}',
  'fio-u-[\\w=-]{64}',
  // GitHub, GitLab
  'gh[pousr]_[A-Za-z0-9]{36,255}',
  'github_pat_\\w{82}',
  'gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|ffct|imt|oas)-[\\w.-]{20,64}',
  'GR1348941[\\w-]{20}',
  // Google
  'AIza[\\w-]{35}',
  'ya29\\.[\\w-]{30,500}',
  'GOCSPX-[\\w-]{28}',
  // Grafana, Harness, HashiCorp, Heroku, Hugging Face, Intra42
  'gl(?:c|sa)_[\\w=+/]{32,200}',
  'eyJrIjoi[A-Za-z0-9]{70,400}',
  '[ps]at\\.[\\w-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}',
  'hv[sb]\\.[\\w-]{24,300}',
  '[A-Za-z0-9]{14}\\.atlasv1\\.[\\w=-]{60,70}',
  'HRKU-[\\w-]{36,80}',
  'hf_[A-Za-z]{34}',
  'api_org_[A-Za-z]{34}',
  's-s4t2(?:ud|af)-[a-f0-9]{64}',
  // Linear, Mailchimp, Mailgun, Mapbox, New Relic, Notion, npm, NuGet
  'lin_api_[A-Za-z0-9]{40}',
  '[a-f0-9]{32}-us\\d{1,2}',
  'key-[a-f0-9]{32}',
  '[ps]k\\.[a-z0-9]{60}\\.[a-z0-9]{22}',
  'NRAK-[A-Za-z0-9]{27}',
  'NRII-[a-z0-9-]{32}',
  'ntn_[A-Za-z0-9]{40,60}',
  'npm_[A-Za-z0-9]{36}',
  'oy2[a-z0-9]{43}',
  // Octopus, OpenShift, Plaid, PlanetScale, Postman, Prefect, Pulumi, PyPI
  'API-[A-Z0-9]{26}',
  'sha256~[\\w-]{43}',
  'access-(?:sandbox|development|production)-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}',
  'pscale_(?:tkn|oauth|pw)_[\\w=.-]{32,64}',
  'PMAK-[a-f0-9]{24}-[a-f0-9]{34}',
  'pnu_[a-z0-9]{36}',
  'pul-[a-f0-9]{40}',
  'pypi-AgEI[\\w-]{50,1000}',
  // ReadMe, RubyGems, Scalingo, SendGrid, Sendinblue, Sentry, SettleMint, Shippo, Shopify
  'rdme_[a-z0-9]{70}',
  'rubygems_[a-f0-9]{48}',
  'tk-us-[\\w-]{48}',
  'SG\\.[\\w=-]{22}\\.[\\w=-]{43}',
  'xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}',
  'sntry[su]_[\\w=+/-]{40,250}',
  'sm_[aps]at_[A-Za-z0-9]{16}',
  'shippo_(?:live|test)_[a-f0-9]{40}',
  'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}',
  // Slack, Sourcegraph, Square, Stripe, Supabase
  'xox[abeoprs]-[A-Za-z0-9-]{10,250}',
  'xapp-\\d-[A-Z0-9]{8,14}-\\d{10,16}-[a-f0-9]{60,70}',
  'hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{43,56}',
  'sgp_(?:[a-fA-F0-9]{16}_|local_)?[a-fA-F0-9]{40}',
  'sq0(?:atp|csp|idp)-[\\w-]{22,43}',
  'EAAA[\\w-]{60}',
  '[rs]k_(?:live|test|prod)_[A-Za-z0-9]{10,250}',
  'whsec_[A-Za-z0-9+/=]{32,64}',
  'sbp_[a-f0-9]{40}',
  // Telegram, Twilio, Twitter, Typeform, Yandex
  '\\d{8,10}:AA[\\w-]{33}',
  'SK[a-f0-9]{32}',
  'A{22}[A-Za-z0-9%]{80,100}',
  'tfp_[\\w=.-]{59}',
  'AQVN[\\w-]{35,38}',
];

/** The longest of them. */
export const LONGEST_KEY = 1010;

/** Not in the middle of a word. */
export const KEY = new RegExp(`(?<![\\w-])(?:${FORMS.join('|')})(?![A-Za-z0-9])`, 'g');

const NAMES = '(?:aws_secret_access_key|secret_?access_?key|AccountKey|SharedAccessKey|client_secret)';
const VALUE = '[A-Za-z0-9+/~._-]{30,100}={0,2}';

/** Values behind a name that says what they are, in settings and headers. */
export const NAMED_KEY = new RegExp(`${NAMES}["']?\\s{0,3}[=:]\\s{0,3}["']?(${VALUE})(?![A-Za-z0-9])`, 'gi');

/** Credentials of a request in a header. */
export const AUTHORIZATION =
  /Authorization["']?\s{0,3}[=:]\s{0,3}["']?(?:Bearer|Basic|Token)\s{1,3}([A-Za-z0-9+/~._-]{16,500}={0,2})(?![A-Za-z0-9])/gi;

/** Names of members whose values are keys, and such a value. */
export const KEY_MEMBER = new RegExp(`${NAMES}$`, 'i');
export const KEY_VALUE = new RegExp(`^${VALUE}$`);

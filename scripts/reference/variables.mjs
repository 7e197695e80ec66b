/** docs/reference/variables.md */
import { code, page, table } from './markdown.mjs';

export function variablesPage(variables) {
  const rows = Object.entries(variables).map(([name, { usual = '', flag = '', meaning, page: more }]) => [
    code(name),
    code(usual),
    code(flag),
    more === undefined ? meaning : `${meaning} [More](../${more})`,
  ]);
  const intro = `The gateway reads these environment variables once, when it starts. A flag beats its variable. An empty variable counts as not set.
Switches take \`1\`, \`true\`, \`yes\`, \`on\` and \`0\`, \`false\`, \`no\`, \`off\`.`;
  const others = `## Variables of the system

| variable | meaning |
|---|---|
| \`HOME\` | Your home, if it is an absolute path. Otherwise the home that the system has for the account. |
| \`XDG_CONFIG_HOME\` | Takes the place of \`~/.config\`, if it is an absolute path. |
| \`XDG_CACHE_HOME\` | Takes the place of \`~/.cache\`, if it is an absolute path. |
| \`HTTPS_PROXY\`, \`HTTP_PROXY\`, \`ALL_PROXY\`, \`NO_PROXY\` | [Proxies](../servers.md#proxies-and-certificates), in capital or small letters. |
| \`SSL_CERT_FILE\`, \`NODE_EXTRA_CA_CERTS\` | [Certificates](../servers.md#proxies-and-certificates) that count besides the usual ones. |
| \`OTEL_*\` | [OpenTelemetry](../telemetry.md#variables): where spans and metrics go. Nothing is sent without them. |`;
  return page('Environment variables', intro, [
    table(['variable', 'default', 'flag of `serve`', 'meaning'], rows),
    others,
  ]);
}

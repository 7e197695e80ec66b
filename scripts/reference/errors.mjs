/** docs/reference/errors.md */
import { code, page, table } from './markdown.mjs';

const INTROS = [
  `An agent gets these as a tool result with \`isError: true\` and the text \`{"error":{"code","message"}}\`. The message says what to do
next. The gateway never repeats a call that may have reached a server: the message says so when the call may have taken effect.

A number as \`code\` comes from the server: it answered the call with that JSON-RPC error. In the direct and single-server
[views](../protocol.md#three-views) such errors arrive as they are.`,
  'The request itself could not be used. The client gets a JSON-RPC error, over HTTP with the status of the table.',
  'A start or a command failed. With `--json` the command prints `{"error": {"code", "message"}}`.',
];

/**
 * @param catalogue code -> what it is on the wire and as an exit status
 * @param groups what the codes mean, for one kind of reader each
 */
export function errorsPage(catalogue, groups) {
  const parts = groups.map(({ title, meanings }, index) => {
    const rows = Object.entries(meanings).map(([name, meaning]) => {
      const { rpc, http, exit } = catalogue[name];
      return [code(name), meaning, `${rpc}`, `${http}`, `${exit}`];
    });
    const head = ['code', 'meaning', ':JSON-RPC', ':HTTP', ':exit'];
    return `## ${title}\n\n${INTROS[index]}\n\n${table(head, rows)}`;
  });
  const intro = `Every error has one code, the same for agents, clients, commands, the audit log and the metrics. \`JSON-RPC\` and \`HTTP\` are
used where the error is an answer of the protocol, \`exit\` is the [exit status](../operations.md#exit-status) of a command that ends with it.
[Troubleshooting](../troubleshooting.md) says what to do.`;
  return page('Error codes', intro, parts);
}

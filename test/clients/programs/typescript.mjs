/** The official TypeScript SDK, as a program that does what it is told: see ../run-program.mjs. */
import process from 'node:process';
import { createInterface } from 'node:readline';

const plan = JSON.parse(process.argv[2]);
const [{ Client }, { StreamableHTTPClientTransport }, { StdioClientTransport }] = await Promise.all(
  plan.modules.map((name) => import(name)),
);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const client = new Client({ name: 'typescript', version: '1' });
const open = () =>
  plan.url === undefined
    ? new StdioClientTransport({ command: plan.command, args: plan.args, env: plan.env })
    : new StreamableHTTPClientTransport(new URL(plan.url), {
        requestInit: { headers: { Authorization: `Bearer ${plan.token}` } },
      });
await client.connect(open());

for (const { column, tool, args, restart, cancelMs } of plan.steps) {
  if (restart) {
    say({ restart: true });
    await lines.next();
  }
  const signal = cancelMs === undefined ? undefined : AbortSignal.timeout(cancelMs);
  const request = { name: tool, arguments: args };
  const options = { timeout: 900_000, ...(signal && { signal }) };
  try {
    // Version 1 takes a schema of the result before the options.
    const result = await (plan.version === 1
      ? client.callTool(request, undefined, options)
      : client.callTool(request, options));
    say({ column, text: JSON.stringify(result) });
  } catch (error) {
    say({ column, text: String(error) });
  }
}
await client.close();
process.exit();

/** A home with tools that were listed, calls in the log, and rules with comments; and the program in it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { serveStdio } from './gateway.ts';
import { type Home, makeHome, servers } from './home.ts';
import { fixture } from './paths.ts';
import { runCli } from './process.ts';
import { callTool } from './tools.ts';

/** A tool whose name is markup. */
export const HOSTILE = '<img src=x onerror=document.title=1>';
export const SERVERS = servers({
  files: fixture('calc', { TOOLS: `read_file,write_file,delete_file,=cmd(),${HOSTILE}` }),
  db: fixture('calc', { TOOLS: 'query,drop_table,get_or_create' }),
});
export const RULES = `{
  // everybody
  "agents": {
    "dev": {
      // for now
      "allow": { "servers": ["*"] },
      "deny": { "tools": { "*": ["drop_*"] } } // never
    },
    "trial": { "enforce": "shadow", "allow": { "servers": ["files"] } },
    "idle": { "allow": { "servers": ["db"] } }
  }
}
`;

interface Outcomes {
  readonly outcome: string;
  readonly rule: string;
}

interface Use {
  readonly name: string | null;
  readonly why?: string;
}

/** What of the commands' JSON the tests read. */
export interface Report {
  readonly rows: readonly {
    readonly server: string;
    readonly tool: string | null;
    readonly cells: readonly Outcomes[];
  }[];
  readonly unknown: readonly string[];
  readonly rule: string;
  readonly agents: readonly {
    readonly agent: string;
    readonly learned: readonly Use[];
    readonly left_out: readonly Use[];
  }[];
  readonly tools: readonly object[];
  readonly calls: readonly object[];
}

export interface PolicyHome {
  readonly home: Home;
  cli(...args: string[]): ReturnType<typeof runCli>;
  json(...args: string[]): Promise<Report>;
  /** Writes a rules file for one test. */
  rulesFile(name: string, text?: string): string;
}

export async function makePolicyHome(): Promise<PolicyHome> {
  const home = makeHome({ servers: SERVERS, rules: RULES });
  const gateway = await serveStdio({ home });
  const call = (agent: string, server: string, tool: string): Promise<unknown> =>
    callTool(gateway.rpc, 'execute_tool', { agent_id: agent, server, tool, args: { a: 1, b: 2 } });
  await call('dev', 'files', 'add');
  await call('dev', 'files', 'add');
  await call('dev', 'files', 'read_file');
  await call('dev', 'db', 'drop_table');
  await call('dev', 'db', 'ghost');
  await call('trial', 'db', 'query');
  gateway.running.child.stdin?.end();
  await gateway.running.stop(null);
  const cli = (...args: string[]): ReturnType<typeof runCli> => runCli(args, { env: home.env, cwd: home.cwd });
  return {
    home,
    cli,
    json: async (...args) => JSON.parse((await cli(...args, '--json')).stdout) as Report,
    rulesFile(name, text = RULES) {
      const file = path.join(home.dir, name);
      writeFileSync(file, text);
      return file;
    },
  };
}

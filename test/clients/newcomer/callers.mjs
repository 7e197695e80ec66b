/** The clients that a newcomer calls through, with what each of them writes into a home folder by itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { agent as claudeCode } from '../agents/claude-code.mjs';
import { mcporter } from '../commands/mcporter.mjs';
import { run } from '../install.mjs';
import { startModel } from '../model.mjs';

const call = (tool, args) => ({ tool: 'execute_tool', args: { server: 'everything', tool, args } });
const CALLS = [call('echo', { message: 'hello' }), call('get-env', {})];

export const callers = [
  {
    name: claudeCode.name,
    install: () => claudeCode.install(),
    writes: /^(?:\.claude\.json|\.claude(?!\/settings\.json)|\.cache(?:$|\/claude))/,
    async call(installed, { work, env }) {
      const [allowed = '', denied = ''] = await this.turns(installed, { work, env });
      return { allowed, denied };
    },
    /** It speaks without servers that are not there within 5 s: on a machine that has much to do, somebody asks again. */
    async turns(installed, { work, env }, times = 3) {
      const model = await startModel(CALLS);
      try {
        const turn = claudeCode.turn(installed, { model: model.url, prompt: 'Do what you are asked to do.' });
        await run(turn.command, turn.args, { cwd: work, env: { ...env, ...turn.env } });
        if (model.seen.results.length > 0 || times === 1) return model.seen.results;
      } finally {
        model.stop();
      }
      return this.turns(installed, { work, env }, times - 1);
    },
  },
  {
    name: mcporter.name,
    isShort: true,
    install: () => mcporter.install(),
    writes: /^$/,
    /** Of all clients here it takes the servers of one. */
    prepare({ work }) {
      mkdirSync(path.join(work, 'config'));
      writeFileSync(path.join(work, 'config/mcporter.json'), '{"mcpServers": {}, "imports": ["claude-code"]}');
    },
    async call({ command }, { work, env }) {
      const one = ({ tool, args }) =>
        run(command, ['call', `gateway.${tool}`, '--args', JSON.stringify(args), '--output', 'json'], {
          cwd: work,
          env,
        }).catch(({ message }) => message);
      return { allowed: await one(CALLS[0]), denied: await one(CALLS[1]) };
    },
  },
];

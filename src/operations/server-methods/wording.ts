/** Wording of failures for callers of what the servers themselves offer: they may have none of the gateway's own tools. */
import { ALLOW_LONGER, NEXT_STEPS, type Wording } from '../../shared/next-steps.ts';
import { exposedName } from './exposed-names.ts';
import type { View } from './view.ts';

/** Calls have no `agent_id` here. */
const nameAgent = 'connect as an agent of its own (--agent, or the default of its principal)';
const seeTools = 'tools/list shows the tools that there are.';
const seePermitted = 'tools/list shows what it may use.';

const WORDINGS: Readonly<Record<View['mode'], Wording>> = {
  discovery: { ...NEXT_STEPS, nameAgent, allowLonger: ALLOW_LONGER, toolName: exposedName },
  direct: {
    nameAgent,
    seeServers: 'The lists of tools, prompts and resources show what there is.',
    seeTools,
    seePermitted,
    allowLonger: ALLOW_LONGER,
    toolName: exposedName,
  },
  single: {
    nameAgent,
    seeServers: 'Whoever runs the gateway has to look at the name of the server and at its entry.',
    seeTools,
    seePermitted,
    allowLonger: ALLOW_LONGER,
    toolName: (_server, tool) => tool,
  },
};

export function wordingOf({ mode }: View): Wording {
  return WORDINGS[mode];
}

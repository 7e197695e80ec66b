import { npm } from '../install.mjs';

export const mcporter = {
  name: 'mcporter',
  async install() {
    const { bin, version } = await npm('mcporter');
    return { command: bin('mcporter'), version };
  },
  start: ({ command }, { file, step }) => ({
    command,
    args: [
      '--config',
      file,
      'call',
      `gateway.${step.tool}`,
      '--args',
      JSON.stringify(step.args),
      '--output',
      'json',
      '--timeout',
      '110000',
    ],
  }),
};

import { node, npm } from '../install.mjs';

export const inspector = {
  name: 'Inspector',
  async install() {
    const { bin, version } = await npm('@modelcontextprotocol/inspector');
    return { command: bin('mcp-inspector'), version, path: await node(24) };
  },
  start({ command }, { file, step }) {
    const values = Object.entries(step.args).flatMap(([name, value]) => [
      '--tool-arg',
      `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ]);
    return {
      command,
      args: [
        '--cli',
        '--config',
        file,
        '--server',
        'gateway',
        '--method',
        'tools/call',
        '--tool-name',
        step.tool,
        ...values,
      ],
    };
  },
};

import { fileURLToPath } from 'node:url';
import { python } from '../install.mjs';

function sdk(name, pack, file) {
  const program = fileURLToPath(new URL(`../programs/${file}`, import.meta.url));
  return {
    name,
    async install() {
      const { program: interpreter, version } = await python(pack);
      return { interpreter, version };
    },
    start: ({ interpreter }, plan) => ({ command: interpreter, args: [program, JSON.stringify(plan)] }),
  };
}

export const pythonSdk = sdk('Python SDK', 'mcp', 'python_sdk.py');
export const fastmcp = sdk('FastMCP', 'fastmcp', 'fastmcp_client.py');

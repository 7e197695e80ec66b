import manifest from '../../package.json' with { type: 'json' };

export const NAME = 'agent-mcp-gateway';
export const VERSION: string = manifest.version;
export const SERVER_INFO = { name: NAME, version: VERSION } as const;

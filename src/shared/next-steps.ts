/** Advice for an agent after a failure. Whoever is no agent and has other means puts those in place of these sentences. */
export const NEXT_STEPS = {
  nameAgent: 'pass the agent id you were given',
  seeServers: 'Call list_servers to see which servers there are.',
  seeTools: 'Call get_server_tools to see its tools.',
  seePermitted: 'list_servers and get_server_tools show what it may use.',
  allowLonger: 'Ask for a longer timeout_ms if the work needs it.',
} as const;

/** Wording of failures for callers that see the servers in one way: the steps that they can take, and what they call a tool. */
export interface Wording extends Readonly<Record<keyof typeof NEXT_STEPS, string>> {
  toolName(server: string, tool: string): string;
}

/** The advice where a caller cannot say how long a call may take. */
export const ALLOW_LONGER = 'Whoever runs the gateway can allow it longer: "timeout_ms" in the entry of the server.';

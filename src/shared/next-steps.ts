/** What an agent does next after a failure. Whoever is no agent and has other means puts those in place of these sentences. */
export const NEXT_STEPS = {
  nameAgent: 'pass the agent id you were given',
  seeServers: 'Call list_servers to see which servers there are.',
  seeTools: 'Call get_server_tools to see its tools.',
  seePermitted: 'list_servers and get_server_tools show what it may use.',
} as const;

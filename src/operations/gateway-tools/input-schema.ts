/** The argument that every gateway tool takes, and the plain kinds of property: no prose twice, every word is paid for. */

const AGENT_ID = { type: 'string', description: 'Your agent id, if given one' } as const;

/** An input schema from properties; `agent_id` comes last. */
export function inputSchema(properties: Record<string, unknown>, required: readonly string[] = []): object {
  return {
    type: 'object',
    properties: { ...properties, agent_id: AGENT_ID },
    ...(required.length > 0 ? { required } : {}),
  };
}

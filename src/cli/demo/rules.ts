/** The rules of the demo, before and after their owner changed them. */

/** @param tokenHash SHA-256 (hex) of the token with which `support` comes over HTTP. */
export function rulesText(tokenHash: string, { supportReadsRows }: { supportReadsRows: boolean }): string {
  const support = {
    allow: {
      servers: ['calendar', 'notes', 'tickets', ...(supportReadsRows ? ['database'] : [])],
      ...(supportReadsRows ? { tools: { database: ['query_rows'] } } : {}),
    },
    deny: { tools: { '*': ['delete_*'] } },
    code: true,
  };
  const analyst = {
    allow: {
      servers: ['database', 'weather'],
      tools: { database: ['list_tables', 'describe_table', 'query_rows'] },
    },
    code: true,
  };
  const rules = {
    agents: { support, analyst },
    principals: {
      'support-desk': { token_sha256: tokenHash, may_assume: ['support'], default: 'support' },
      local: { stdio: true, may_assume: ['*'] },
    },
  };
  return JSON.stringify(rules, null, 2);
}

/** Shows the change, line by line, for people. */
export const GRANT = [
  '- "allow": { "servers": ["calendar", "notes", "tickets"] }',
  '+ "allow": { "servers": ["calendar", "notes", "tickets", "database"], "tools": { "database": ["query_rows"] } }',
] as const;

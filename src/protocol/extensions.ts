/** Extensions of the protocol that the gateway knows (2026-07-28, basic/versioning, Extension Negotiation). */

/** Tasks of 2026-07-28 (SEP-2663); the experimental tasks of 2025-11-25 are a capability of their own. */
export const TASKS = 'io.modelcontextprotocol/tasks';
/** The states of a task after which there is no other one, in both generations. */
export const ENDED_TASK: ReadonlySet<unknown> = new Set(['completed', 'failed', 'cancelled']);
/** Skills (ext-skills): files of instructions that servers offer as resources. */
export const SKILLS = 'io.modelcontextprotocol/skills';
/** MCP Apps. */
export const APPS = 'io.modelcontextprotocol/ui';

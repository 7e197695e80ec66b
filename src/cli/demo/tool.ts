/** Describes and runs the tools of the demo servers. */

export type Args = Readonly<Record<string, unknown>>;
export type Schema = Readonly<Record<string, unknown>>;

/** One tool: its definition as `tools/list` shows it, and what it does. */
export interface DemoTool {
  readonly definition: {
    readonly name: string;
    readonly title: string;
    readonly description: string;
    readonly inputSchema: Schema;
    readonly annotations: Schema;
  };
  /** @throws GatewayError INVALID_ARGUMENTS, which the caller gets as a failed tool call. */
  run(args: Args): unknown;
}

export interface DemoServer {
  readonly name: string;
  /** The description that agents see in list_servers. */
  readonly description: string;
  readonly tools: readonly DemoTool[];
}

interface ToolFacts {
  readonly description: string;
  /** Name -> schema; those in `required` must be given. */
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** The effect of the tool on the data. */
  readonly effect: 'reads' | 'changes' | 'destroys';
}

export function tool(name: string, facts: ToolFacts, run: (args: Args) => unknown): DemoTool {
  const { description, properties, required = [], effect } = facts;
  return {
    definition: {
      name,
      title: titleOf(name),
      description,
      inputSchema: { type: 'object', properties, required, additionalProperties: false },
      annotations: { readOnlyHint: effect === 'reads', destructiveHint: effect === 'destroys', openWorldHint: false },
    },
    run,
  };
}

function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function text(description: string): Schema {
  return { type: 'string', description };
}

export function count(description: string, maximum: number, initial: number): Schema {
  return { type: 'integer', minimum: 1, maximum, default: initial, description };
}

export function number(description: string, minimum: number, maximum: number): Schema {
  return { type: 'number', minimum, maximum, description };
}

export function flag(description: string): Schema {
  return { type: 'boolean', default: false, description };
}

export function choice(description: string, values: readonly string[]): Schema {
  return { type: 'string', enum: values, description };
}

export function list(description: string, items: Schema = { type: 'string' }): Schema {
  return { type: 'array', items, description };
}

export function moment(description: string): Schema {
  return { type: 'string', format: 'date-time', description };
}

/** Arguments that lists of every server take. */
export const PAGE: Readonly<Record<string, Schema>> = {
  limit: count('Maximum number of entries to return in one page.', 100, 20),
  cursor: text('Opaque position from a previous page; leave out to start with the first page.'),
};

import { createStore } from '../store.ts';
import { choice, count, type DemoServer, flag, list, PAGE, type Schema, text, tool } from '../tool.ts';

const customers = createStore('row', 'c-', [
  { id: 'c-301', name: 'Ada Quist', city: 'Utrecht', plan: 'business', balance: 129.5 },
  { id: 'c-307', name: 'Bo Lind', city: 'Malmö', plan: 'basic', balance: 0 },
  { id: 'c-322', name: 'Chidi Obi', city: 'Lagos', plan: 'business', balance: -42 },
]);
const COLUMNS = { id: 'text', name: 'text', city: 'text', plan: 'text', balance: 'numeric' };

const table = text('Name of the table, with its schema if that is not "public", for example "sales.orders".');
const where: Schema = {
  type: 'object',
  description: 'Column -> value that it must have. All of them must hold. An empty object stands for every row.',
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
};
const values: Schema = {
  type: 'object',
  description: 'Column -> new value. Columns that are left out get their default or stay as they are.',
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
};
const dryRun = flag('Only count the rows that would be affected.');

function matching(conditions: unknown) {
  return customers.where(typeof conditions === 'object' ? { ...conditions } : {});
}

const READ = [
  tool(
    'list_tables',
    {
      description:
        'List the tables and views of a schema with their comments and an estimate of how many rows they have.',
      properties: { schema: text('Schema to list; "public" if left out.'), include_views: flag('Also list views.') },
      effect: 'reads',
    },
    () => [{ table: 'customers', rows: customers.all().length, comment: 'Everybody who ever ordered' }],
  ),
  tool(
    'describe_table',
    {
      description:
        'Describe a table: columns with type, nullability, default and comment, the primary key, foreign keys and ' +
        'indexes. Read this before writing a query against a table that you have not seen.',
      properties: { table, include_statistics: flag('Also return sizes and the most common values of each column.') },
      required: ['table'],
      effect: 'reads',
    },
    () => COLUMNS,
  ),
  tool(
    'query_rows',
    {
      description:
        'Read rows of one table that fulfil a condition. At most 500 rows are returned; use count_rows to see how many ' +
        'there are. The query runs in a read-only transaction with a limit of ten seconds.',
      properties: {
        table,
        columns: list('Columns to return; all of them if left out.'),
        where,
        order_by: text('Column to sort by; prefix it with "-" for the largest first.'),
        limit: count('Maximum number of rows.', 500, 50),
      },
      required: ['table'],
      effect: 'reads',
    },
    ({ where: conditions }) => matching(conditions),
  ),
  tool(
    'count_rows',
    {
      description: 'Count the rows of a table that fulfil a condition, in total or for each value of a column.',
      properties: { table, where, group_by: text('Column whose values are counted separately.') },
      required: ['table'],
      effect: 'reads',
    },
    ({ where: conditions }) => ({ rows: matching(conditions).length }),
  ),
  tool(
    'explain_query',
    {
      description: 'Show how a query_rows call with the same arguments would be executed, with estimated costs.',
      properties: { table, where, analyze: flag('Run it and report the real times too.') },
      required: ['table'],
      effect: 'reads',
    },
    () => ({ plan: 'Seq Scan on customers', cost: 1.04 }),
  ),
  tool(
    'list_running_queries',
    {
      description: 'List the queries that run now, longest first, with user, start and what they wait for.',
      properties: { longer_than_seconds: count('Only queries that run longer than this.', 86_400, 1), ...PAGE },
      effect: 'reads',
    },
    () => [],
  ),
];

const WRITE = [
  tool(
    'insert_rows',
    {
      description: 'Insert rows into a table in one transaction: either all of them are written or none.',
      properties: {
        table,
        rows: list('Rows, each as column -> value.', values),
        on_conflict: choice('What to do with rows whose key exists already.', ['fail', 'skip', 'replace']),
      },
      required: ['table', 'rows'],
      effect: 'changes',
    },
    ({ rows }) => (Array.isArray(rows) ? rows.map((row: object) => customers.add({ ...row })) : []),
  ),
  tool(
    'update_rows',
    {
      description: 'Change columns of all rows that fulfil a condition. An empty condition is refused.',
      properties: { table, where, values, dry_run: dryRun },
      required: ['table', 'where', 'values'],
      effect: 'changes',
    },
    ({ where: conditions, values: fields }) =>
      matching(conditions).map(({ id }) => customers.change(id, typeof fields === 'object' ? { ...fields } : {})),
  ),
  tool(
    'delete_rows',
    {
      description: 'Delete all rows of a table that fulfil a condition. An empty condition is refused.',
      properties: { table, where, dry_run: dryRun },
      required: ['table', 'where'],
      effect: 'destroys',
    },
    ({ where: conditions }) => matching(conditions).map(({ id }) => customers.remove(id)),
  ),
  tool(
    'create_table',
    {
      description:
        'Create a table. Types are those of the database, for example "text", "numeric(10,2)", "timestamptz".',
      properties: {
        table,
        columns: {
          type: 'array',
          description: 'Columns in their order.',
          items: {
            type: 'object',
            properties: {
              name: text('Name.'),
              type: text('Type.'),
              nullable: flag('May be empty.'),
              default: text('SQL.'),
            },
            required: ['name', 'type'],
          },
        },
        primary_key: list('Columns of the primary key.'),
        comment: text('What the table is for.'),
      },
      required: ['table', 'columns'],
      effect: 'changes',
    },
    ({ table: name }) => ({ created: name }),
  ),
  tool(
    'create_index',
    {
      description: 'Create an index without locking the table. Returns at once; the index is built in the background.',
      properties: { table, columns: list('Columns in their order.'), unique: flag('Refuse rows with equal values.') },
      required: ['table', 'columns'],
      effect: 'changes',
    },
    ({ table: name }) => ({ building: `${String(name)}_idx` }),
  ),
  tool(
    'drop_table',
    {
      description: 'Remove a table with everything in it. This cannot be undone.',
      properties: { table, cascade: flag('Also remove views and foreign keys that depend on it.') },
      required: ['table'],
      effect: 'destroys',
    },
    ({ table: name }) => ({ dropped: name }),
  ),
  tool(
    'cancel_query',
    {
      description: 'Cancel a query from list_running_queries. Its transaction is rolled back.',
      properties: { query_id: text('Identifier from list_running_queries.'), reason: text('Why, for the log.') },
      required: ['query_id'],
      effect: 'destroys',
    },
    ({ query_id: id }) => ({ cancelled: id }),
  ),
];

export const database: DemoServer = {
  name: 'database',
  description: 'The customer database: tables, rows and running queries',
  tools: [...READ, ...WRITE],
};

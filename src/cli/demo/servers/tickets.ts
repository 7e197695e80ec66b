import { createStore } from '../store.ts';
import { choice, count, type DemoServer, flag, list, moment, PAGE, text, tool } from '../tool.ts';

const STATUS = ['new', 'open', 'waiting_for_customer', 'on_hold', 'closed'];
const PRIORITY = ['low', 'normal', 'high', 'urgent'];

const rows = createStore('ticket', 'T-', [
  { id: 'T-1042', subject: 'Refund has not arrived', customer: 'c-301', status: 'open', priority: 'high' },
  { id: 'T-1043', subject: 'Invoice shows the wrong address', customer: 'c-307', status: 'new', priority: 'normal' },
  { id: 'T-1044', subject: 'Refund for a cancelled order', customer: 'c-322', status: 'open', priority: 'normal' },
  { id: 'T-1045', subject: 'Cannot sign in on the tablet', customer: 'c-301', status: 'closed', priority: 'low' },
]);
const comments = createStore('comment', 'K-', [
  { id: 'K-1', ticket: 'T-1042', author: 'dana', text: 'Asked the bank for the reference.' },
  { id: 'K-2', ticket: 'T-1044', author: 'omar', text: 'Order was cancelled before it was shipped.' },
]);

const ticket = text('Identifier of the ticket, for example "T-1042".');
const priority = choice('How soon the ticket needs an answer.', PRIORITY);
const labels = list('Labels, lower case, words joined by hyphens, for example "billing" or "needs-refund".');

const READ = [
  tool(
    'search_tickets',
    {
      description:
        'Search the subject, description and comments of all tickets. Returns the best matches first, each with identifier, ' +
        'subject, customer, status and priority. Use this before creating a ticket, to avoid duplicates.',
      properties: {
        query: text('Words to look for; a ticket must contain all of them.'),
        status: choice('Only tickets in this state; all states if left out.', STATUS),
        updated_after: moment('Only tickets that changed after this moment (ISO 8601).'),
        ...PAGE,
      },
      required: ['query'],
      effect: 'reads',
    },
    ({ query, status }) => rows.search(query).filter((found) => status === undefined || found['status'] === status),
  ),
  tool(
    'get_ticket',
    {
      description: 'Get one ticket with its full description, its labels and the last changes made to it.',
      properties: { ticket_id: ticket, include_comments: flag('Also return the comments, oldest first.') },
      required: ['ticket_id'],
      effect: 'reads',
    },
    ({ ticket_id: id, include_comments: all }) => ({
      ...rows.get(id),
      ...(all === true ? { comments: comments.where({ ticket: id }) } : {}),
    }),
  ),
  tool(
    'list_tickets',
    {
      description: 'List the tickets of a queue, newest first. For full text use search_tickets instead.',
      properties: {
        queue: choice('Queue to list.', ['inbox', 'billing', 'technical', 'complaints']),
        status: choice('Only tickets in this state.', STATUS),
        priority,
        assignee: text('Only tickets of this member of staff; "nobody" for those without one.'),
        sort: choice('Order of the result.', ['created', 'updated', 'priority']),
        ...PAGE,
      },
      effect: 'reads',
    },
    ({ status, priority: wanted }) => rows.where({ status, priority: wanted }),
  ),
  tool(
    'list_comments',
    {
      description: 'List the comments of a ticket, oldest first, with author, time and visibility.',
      properties: { ticket_id: ticket, visibility: choice('Which comments.', ['public', 'internal', 'all']), ...PAGE },
      required: ['ticket_id'],
      effect: 'reads',
    },
    ({ ticket_id: id }) => comments.where({ ticket: id }),
  ),
  tool(
    'list_staff',
    {
      description: 'List the members of staff to whom tickets can be assigned, with their teams and open tickets.',
      properties: { team: text('Only members of this team.'), available_only: flag('Leave out who is away today.') },
      effect: 'reads',
    },
    () => [
      { name: 'dana', team: 'billing', open: 4 },
      { name: 'omar', team: 'technical', open: 7 },
    ],
  ),
  tool(
    'get_queue_statistics',
    {
      description: 'Count the tickets of each queue by state, with the median time until the first answer in hours.',
      properties: {
        days: count('How many days back to look.', 365, 30),
        group_by: choice('Grouping.', ['day', 'week']),
      },
      effect: 'reads',
    },
    () => ({ open: rows.where({ status: 'open' }).length, median_first_answer_hours: 3.5 }),
  ),
];

const WRITE = [
  tool(
    'create_ticket',
    {
      description: 'Create a ticket for a customer. The customer gets a confirmation by e-mail unless silent is set.',
      properties: {
        subject: text('One line that says what it is about, at most 120 characters.'),
        description: text('What happened, in Markdown. Do not include passwords or card numbers.'),
        customer_id: text('Identifier of the customer, for example "c-301".'),
        priority,
        labels,
        silent: flag('Do not send the confirmation.'),
      },
      required: ['subject', 'description', 'customer_id'],
      effect: 'changes',
    },
    ({ subject, customer_id: customer }) => rows.add({ subject, customer, status: 'new', priority: 'normal' }),
  ),
  tool(
    'update_ticket',
    {
      description: 'Change the subject, priority or state of a ticket. Fields that are left out stay as they are.',
      properties: { ticket_id: ticket, subject: text('New subject.'), priority, status: choice('New state.', STATUS) },
      required: ['ticket_id'],
      effect: 'changes',
    },
    ({ ticket_id: id, ...fields }) => rows.change(id, fields),
  ),
  tool(
    'assign_ticket',
    {
      description: 'Assign a ticket to a member of staff, or take the assignment away with "nobody".',
      properties: { ticket_id: ticket, assignee: text('Name from list_staff, or "nobody".'), note: text('Why.') },
      required: ['ticket_id', 'assignee'],
      effect: 'changes',
    },
    ({ ticket_id: id, assignee }) => rows.change(id, { assignee }),
  ),
  tool(
    'close_ticket',
    {
      description: 'Close a ticket with a reason. The customer is told and may reopen it within 14 days.',
      properties: {
        ticket_id: ticket,
        reason: choice('Why it is closed.', ['solved', 'duplicate', 'no_answer', 'not_ours']),
        message: text('Text for the customer, in Markdown.'),
      },
      required: ['ticket_id', 'reason'],
      effect: 'changes',
    },
    ({ ticket_id: id, reason }) => rows.change(id, { status: 'closed', reason }),
  ),
  tool(
    'add_comment',
    {
      description: 'Add a comment to a ticket. Public comments are sent to the customer, internal ones are not.',
      properties: {
        ticket_id: ticket,
        text: text('The comment, in Markdown.'),
        visibility: choice('Who can read it.', ['public', 'internal']),
      },
      required: ['ticket_id', 'text', 'visibility'],
      effect: 'changes',
    },
    ({ ticket_id: id, text: said }) => comments.add({ ticket: rows.get(id).id, author: 'assistant', text: said }),
  ),
  tool(
    'set_labels',
    {
      description: 'Replace the labels of a ticket. Labels that do not exist yet are created.',
      properties: { ticket_id: ticket, labels },
      required: ['ticket_id', 'labels'],
      effect: 'changes',
    },
    ({ ticket_id: id, labels: names }) => rows.change(id, { labels: names }),
  ),
  tool(
    'merge_tickets',
    {
      description: 'Merge a duplicate into another ticket: its comments move there, and the duplicate is closed.',
      properties: { duplicate_id: ticket, target_id: ticket },
      required: ['duplicate_id', 'target_id'],
      effect: 'changes',
    },
    ({ duplicate_id: from, target_id: to }) => [rows.change(from, { status: 'closed' }), rows.get(to)],
  ),
  tool(
    'delete_ticket',
    {
      description: 'Delete a ticket and its comments for good. This cannot be undone; prefer close_ticket.',
      properties: { ticket_id: ticket, confirm: text('The identifier once more, as a confirmation.') },
      required: ['ticket_id', 'confirm'],
      effect: 'destroys',
    },
    ({ ticket_id: id }) => rows.remove(id),
  ),
];

export const tickets: DemoServer = {
  name: 'tickets',
  description: 'Support tickets: search, answer, assign and close them',
  tools: [...READ, ...WRITE],
};

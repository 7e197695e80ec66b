/** The server behind the gateway: one tool for each thing that clients are seen to do. `EVENTS_FILE` gets a line per event. */
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { serve, text } from '../fixtures/lib.mjs';

const event = (line) => process.env.EVENTS_FILE !== undefined && appendFileSync(process.env.EVENTS_FILE, `${line}\n`);
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mM4oaFBEmIY1TCqYfhqAAB8MxgQ+iSj5QAAAABJRU5ErkJggg==';
const LINE = '0123456789 abcdefghij klmnopqrst uvwxyz, with a few more words in it\n';

const tool = (name, description, properties = {}) => ({
  name,
  description,
  inputSchema: { type: 'object', properties },
});

serve({
  name: 'bench',
  tools: [
    tool('echo', 'Says a text back.', { text: { type: 'string' } }),
    tool('fail', 'Fails.'),
    tool('refuse', 'Answers with an error of the protocol.'),
    tool('delete_thing', 'Deletes a thing.'),
    tool('large', 'Returns a long text.', { kb: { type: 'integer' } }),
    tool('picture', 'Returns a picture.'),
    tool('quiet', 'Says nothing for a while.', { ms: { type: 'integer' } }),
  ],
  async call(name, args, { signal }) {
    switch (name) {
      case 'echo':
        return text(`heard: ${args.text}`);
      case 'fail':
        return { ...text('it failed'), isError: true };
      case 'refuse':
        throw Object.assign(new Error('refused by the server'), { code: -31999 });
      case 'large':
        return text(LINE.repeat(Math.ceil((args.kb * 1024) / LINE.length)));
      case 'picture':
        return { content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] };
      case 'quiet': {
        const wait = AbortSignal.any([signal, AbortSignal.timeout(args.ms)]);
        event('waiting');
        await new Promise((resolve) => wait.addEventListener('abort', resolve, { once: true }));
        if (signal.aborted) event('cancelled');
        return text('the quiet is over');
      }
      default:
        throw new Error(`No tool ${name}`);
    }
  },
});

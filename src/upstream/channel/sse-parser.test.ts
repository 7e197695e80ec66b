import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventReader, EventStreamError, type ServerEvent } from './sse-parser.ts';

function read(chunks: readonly Buffer[], max = 1000): { events: ServerEvent[]; reader: EventReader } {
  const events: ServerEvent[] = [];
  const reader = new EventReader((event) => events.push(event), max);
  for (const chunk of chunks) reader.push(chunk);
  return { events, reader };
}

const STREAM =
  '\ufeff: hello\n\nid: 1\nretry: 250\ndata: one\ndata:two\n\nevent: endpoint\r\ndata: /x\r\n\r\ndata\r\rdata: 世界\n\nnonsense\n\n';
const EXPECTED = [
  { type: 'message', data: 'one\ntwo' },
  { type: 'endpoint', data: '/x' },
  { type: 'message', data: '' },
  { type: 'message', data: '世界' },
];

describe('an event stream', () => {
  it('is read the same however it is cut', () => {
    const bytes = Buffer.from(STREAM);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index] ?? 0, end));
        const { events, reader } = read(chunks);
        expect(events).toEqual(EXPECTED);
        expect([reader.lastId, reader.retryMs]).toEqual(['1', 250]);
      }),
    );
  });

  it('is refused where an event is too long or not UTF-8', () => {
    expect(() => read([Buffer.from(`data: ${'x'.repeat(600)}`), Buffer.from('x'.repeat(600))])).toThrow(
      EventStreamError,
    );
    expect(() => read([Buffer.from([0x64, 0xff, 0xfe])])).toThrow(EventStreamError);
  });

  it('may be kept open by comments for ever', () => {
    const comments = Array.from({ length: 1000 }, () => Buffer.from(':\r\n'));
    expect(read(comments).events).toEqual([]);
  });

  it('without its last blank line has no last event', () => {
    expect(read([Buffer.from('data: 1\n\ndata: 2\n')]).events).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { FIELD_BITS, FIELD_MASK, SearchIndex } from './search-index.ts';
import { documentOf } from './testing.ts';

const tool = (name: string, description = '') => documentOf({ server: 'one', name, description });

describe('the search index', () => {
  it('says which documents have a word, and how often in which field', () => {
    const index = new SearchIndex();
    index.put('one', [tool('read_page', 'page by page'), tool('list')]);
    const [page] = index.of('one');
    expect(index.term('page')?.postings).toEqual([page?.id, 1 + (2 << (2 * FIELD_BITS))]);
    // "by" is a stop word of the description.
    expect([...(page?.lengths ?? [])]).toEqual([2, 1, 2, 0, 0]);
  });

  it('counts a word of a field up to what a field holds', () => {
    const index = new SearchIndex();
    index.put('one', [tool('x', 'page '.repeat(1000))]);
    expect(index.term('page')?.postings[1]).toBe(FIELD_MASK << (2 * FIELD_BITS));
    expect(index.of('one')[0]?.lengths[2]).toBe(1000);
  });

  it('keeps what a server had until its replacement is there', () => {
    const index = new SearchIndex();
    index.put('one', [tool('read_page')]);
    const replacement = index.replace('one');
    replacement.add(tool('read_book'));
    expect(index.of('one').map(({ name }) => name)).toEqual(['read_page']);
    replacement.commit();
    expect(index.of('one').map(({ name }) => name)).toEqual(['read_book']);
    expect(index.term('page')).toBeUndefined();
    expect(index.term('read')?.postings).toHaveLength(2);
  });

  it('leaves nothing of a replacement that is abandoned', () => {
    const index = new SearchIndex();
    index.put('one', [tool('read_page')]);
    const replacement = index.replace('one');
    replacement.add(tool('read_book'));
    replacement.abandon();
    expect(index.of('one').map(({ name }) => name)).toEqual(['read_page']);
    expect(index.term('book')).toBeUndefined();
    expect(index.term('read')?.postings).toHaveLength(2);
  });

  it('gives ids of documents again, so that it does not grow with every list', () => {
    const index = new SearchIndex();
    for (let round = 0; round < 10; round++) index.put('one', [tool('read_page'), tool(`read_${round}`)]);
    expect(index.capacity).toBe(4);
    index.remove('one');
    index.remove('unknown');
    expect(index.of('one')).toEqual([]);
    expect(index.term('read')).toBeUndefined();
  });
});

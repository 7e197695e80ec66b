import { describe, expect, it } from 'vitest';
import { Vocabulary } from './vocabulary.ts';

const plenty = () => ({ left: 100 });

describe('the vocabulary', () => {
  it('has one term for all forms of a word', () => {
    const vocabulary = new Vocabulary();
    const term = vocabulary.learn('pages', plenty());
    expect(vocabulary.learn('page', plenty())).toBe(term);
    expect(vocabulary.learn('pages', plenty())).toBe(term);
    expect(vocabulary.term('page')).toBe(term);
    expect(vocabulary.term('book')).toBeUndefined();
  });

  it('takes no more new words than there is room for, and goes on with those it has', () => {
    const vocabulary = new Vocabulary();
    const room = { left: 1 };
    expect(vocabulary.learn('page', room)?.text).toBe('page');
    expect(vocabulary.learn('book', room)).toBeUndefined();
    expect(vocabulary.learn('page', room)?.text).toBe('page');
    expect(vocabulary.learn('pages', room)?.text).toBe('page');
    expect(vocabulary.learn('book', plenty())?.text).toBe('book');
  });

  it('finds terms by first letter and length', () => {
    const vocabulary = new Vocabulary();
    for (const word of ['page', 'pack', 'pagoda', 'cage']) vocabulary.learn(word, plenty());
    expect(vocabulary.similar('p', 4).map(({ text }) => text)).toEqual(['page', 'pack']);
    expect(vocabulary.similar('p', 5)).toEqual([]);
  });

  it('forgets a term with its last document, and never gives its id again', () => {
    const vocabulary = new Vocabulary();
    const [page, book] = [vocabulary.learn('page', plenty()), vocabulary.learn('book', plenty())];
    if (page === undefined || book === undefined) throw new Error('There is room for both.');
    page.postings.push(1, 1, 2, 5);
    book.postings.push(1, 1);
    vocabulary.prune([page.id, book.id, 99], (id) => id === 2);
    expect(page.postings).toEqual([2, 5]);
    expect(vocabulary.term('page')).toBe(page);
    expect(vocabulary.term('book')).toBeUndefined();
    expect(vocabulary.similar('b', 4)).toEqual([]);
    const later = vocabulary.learn('book', plenty());
    expect(later).not.toBe(book);
    expect(later?.id).toBe(2);
  });
});

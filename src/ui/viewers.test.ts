import { describe, expect, it } from 'vitest';
import { Viewers } from './viewers.ts';

describe('Viewers', () => {
  it('makes a viewer of whoever follows a link first, and of nobody else', () => {
    const viewers = new Viewers();
    const link = viewers.createLink();
    const viewer = viewers.follow(link);
    expect(viewer).toBeDefined();
    expect(viewers.follow(link)).toBeUndefined();
    expect(viewers.follow('guess')).toBeUndefined();
    expect(viewers.isViewer(viewer?.cookie, viewer?.token)).toBe(true);
  });

  it('wants cookie and token of one viewer', () => {
    const viewers = new Viewers();
    const [one, other] = [viewers.follow(viewers.createLink()), viewers.follow(viewers.createLink())];
    expect(viewers.isViewer(one?.cookie, undefined)).toBe(false);
    expect(viewers.isViewer(undefined, one?.token)).toBe(false);
    expect(viewers.isViewer(one?.cookie, other?.token)).toBe(false);
    expect(viewers.isViewer(one?.token, one?.cookie)).toBe(false);
    expect(viewers.isViewer(other?.cookie, other?.token)).toBe(true);
  });

  it('keeps a number of links and viewers, the newest', () => {
    const viewers = new Viewers();
    const links = Array.from({ length: 30 }, () => viewers.createLink());
    expect(links.map((link) => viewers.follow(link) !== undefined)).toEqual(links.map((_, at) => at >= 10));
    const first = viewers.follow(viewers.createLink());
    for (let count = 0; count < 20; count++) viewers.follow(viewers.createLink());
    expect(viewers.isViewer(first?.cookie, first?.token)).toBe(false);
  });
});

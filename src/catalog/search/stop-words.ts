/** Words that say nothing about which tool is meant: of the language, and of asking for something. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about all also am an and any are as at be been but by can could did do does each either for from had has have he her
  here him his how i if in into is it its just let like ll m may me might more most my need no not of on or other our please
  provide re s she should so some such t than that the their them then there these they this those to too us use used
  using ve via want was we were what when where which while who whom why will with would you your give help know tell`.split(
    /\s+/,
  ),
);

/** Words that say nothing about which tool is meant: of the language, and of asking for something. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about all also am an and any are as at be been but by can could did do does each either for from had has have he her
  here him his how i if in into is it its just let like ll m may me might more most my need no not of on or other our please
  provide re s she should so some such t than that the their them then there these they this those to too us use used
  using ve via want was we were what when where which while who whom why will with would you your give help know tell`.split(
    /\s+/,
  ),
);

/**
 * Words of talking about a wish rather than of the wish: in a question they say little, although few tools have them. They
 * count, but less.
 */
export const FILLER_WORDS: ReadonlySet<string> = new Set(
  `able actually add additionally advice afterwards again already always another anything appreciate around ask
  assist assistance available aware basic based basically become begin believe better bit bunch certain clear come
  comprehensive concerned confused considering could couple curious currently decide definitely different easily
  easy effective else ensure especially etc even ever every everything exactly exciting fact far feel few finally
  first focus following further go going good gonna got great guess handle happen hard hello helpful hey hi hope
  however idea important included includes including instead interested interesting involve involved keep kind last
  lastly later least less lot look looking make makes making many matter maybe mean mention multiple much necessary
  needed needs never new next nice now ok okay once one ones only open otherwise own particular particularly perfect
  perform please possible potential prefer prepare properly purpose quick quickly quite really recent recently
  regarding related relevant reliable require required result right same say second see seem set several short
  simple simply since someone something somewhere soon specific specifically start still struggling stuff such
  suggest suppose sure take thank thanks then thing things think thinking third thought together trouble try trying
  turn two understand unique up upcoming useful various very wanted wants way ways well whether whole within without
  wonder wondering worried wrong yes yet`.split(/\s+/),
);

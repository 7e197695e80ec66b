/** Programs whose first argument may be a script without an ending, or a folder with one in it. */
export const INTERPRETER =
  /^(?:node|nodejs|bun|deno|tsx|ts-node|python[\d.]*|pypy[\d.]*|ruby|php|perl|lua|sh|bash|zsh|dash|fish|ksh)$/;

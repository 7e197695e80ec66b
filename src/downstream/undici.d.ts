/**
 * The parts of undici that are used. Its index also loads fetch, WebSocket, caches and mocks, which takes longer than the rest of
 * a start.
 */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici';
}
declare module 'undici/lib/core/errors.js' {
  export { errors as default } from 'undici';
}

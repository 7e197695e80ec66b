/**
 * The parts of undici that are used. Its index also loads fetch, WebSocket, caches and mocks, which takes longer than the rest of
 * a start.
 */
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici';
}
declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici';
}
declare module 'undici/lib/core/errors.js' {
  export { errors as default } from 'undici';
}

/** A mock of an API, made of its specification by Prism, which refuses what the specification does not allow. */
import { spawn } from 'node:child_process';
import process from 'node:process';

const STARTS_MS = 300_000;
/** Errors of Prism about requests: others are about its answers. */
const REFUSED = /errors#(UNPROCESSABLE_ENTITY|NO_[A-Z_]+|UNAUTHORIZED|METHOD_NOT_ALLOWED|INVALID_CONTENT_TYPE)/;

/** @param {string} prism its program. @param {string} file the specification */
export async function startMock(prism, file, port) {
  const args = [prism, 'mock', '--errors', '--port', String(port), '--host', '127.0.0.1', file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Prism does not start:\n${said}`)), STARTS_MS);
    const hear = (data) => {
      said = (said + data).slice(-10_000);
      if (!said.includes('is listening on http')) return;
      clearTimeout(timer);
      resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
    child.once('exit', () => reject(new Error(`Prism ended:\n${said}`)));
  });
  return { stop: () => child.kill('SIGKILL') };
}

/** It reads no list of objects in a form, however it is written. */
const UNREAD = 'Cannot deserialize JSON object array in form data';

/** What an answer says is wrong with the request; undefined for nothing. @param {string} text of a result */
export function violation(text) {
  return REFUSED.test(text) && !text.includes(UNREAD) ? text.slice(0, 600) : undefined;
}

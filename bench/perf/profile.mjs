/** Where the processor time of a gateway goes: functions by self time, out of a profile of node --cpu-prof. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './say.mjs';

/**
 * @param {string} dir where node wrote the profile
 * @param {bigint} began of process.hrtime; what was sampled before is the start and does not count
 */
export function readProfile(dir, began) {
  const file = readdirSync(dir).find((name) => name.endsWith('.cpuprofile'));
  const { nodes, samples, timeDeltas, startTime } = JSON.parse(readFileSync(join(dir, file), 'utf8'));
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const self = new Map();
  let at = startTime;
  let total = 0;
  for (const [index, id] of samples.entries()) {
    at += timeDeltas[index];
    if (at < Number(began / 1000n)) continue;
    const { functionName, url, lineNumber } = byId.get(id);
    if (functionName === '(idle)') continue;
    const place = url === '' ? '' : `${url.replace(/^.*\/(dist|chunks)\//, '')}:${lineNumber + 1}`;
    const key = `${functionName || '(anonymous)'} ${place}`;
    self.set(key, (self.get(key) ?? 0) + timeDeltas[index]);
    total += timeDeltas[index];
  }
  const functions = [...self].map(([name, us]) => ({ name, share: us / total }));
  return functions.sort((a, b) => b.share - a.share);
}

export function printProfile(functions, count) {
  const area = (name) =>
    / node:/.test(name) ? 'node' : / \S+\.js:/.test(name) ? 'program and its libraries' : 'V8 and system';
  const areas = new Map();
  for (const { name, share } of functions) areas.set(area(name), (areas.get(area(name)) ?? 0) + share);
  for (const [name, share] of areas) say(`${percent(share)}  ${name}`);
  say();
  for (const { name, share } of functions.slice(0, count)) say(`${percent(share)}  ${name}`);
}

const percent = (share) => `${(share * 100).toFixed(1).padStart(5)} %`;

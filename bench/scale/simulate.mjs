/**
 * Calls through replicas in turn and a store in shards, event by event. Each replica and each shard is one core that does one thing after the
 * other. A call works at its replica, asks the store of its principal, and works at its replica again; what its server takes is no part of it.
 */

/** The part of a replica's work that comes before the store. */
const BEFORE = 0.5;
/** The first seconds, in which queues fill, are not counted. */
const WARM = 0.1;

/**
 * @param {object} load
 * @param {number} load.replicas
 * @param {number} load.shards of the store
 * @param {number} load.perSecond calls of all together
 * @param {number} load.seconds
 * @param {number} load.callMs processor time of a replica for a call
 * @param {number} load.opsPerCall commands that a call sends to the store, one after the other
 * @param {number} load.opMs processor time of the store for a command
 * @param {number} load.rttMs to the store and back, without its work
 * @param {number} [load.seed]
 * @returns milliseconds of the calls, and the part of their time that the busiest replica and shard worked
 */
export function simulate({ replicas, shards, perSecond, seconds, callMs, opsPerCall, opMs, rttMs, seed = 1 }) {
  const random = randomFrom(seed);
  const exponential = (mean) => -Math.log(1 - random()) * mean;
  const cores = { replica: lanes(replicas), shard: lanes(shards) };
  const events = new Heap();
  const durations = [];
  const end = seconds * 1000;
  const arrive = (at, turn) => {
    if (at < end) events.push(at, { from: at, replica: turn % replicas, ops: 0, turn });
  };
  arrive(exponential(1000 / perSecond), 0);
  for (let next = events.pop(); next !== undefined; next = events.pop()) {
    const { at, call } = next;
    if (call.step === undefined) {
      arrive(at + exponential(1000 / perSecond), call.turn + 1);
      call.shard = Math.floor(random() * shards);
      call.step = 'store';
      events.push(work(cores.replica, call.replica, at, exponential(callMs * BEFORE)), call);
    } else if (call.step === 'store' && call.ops < opsPerCall) {
      call.ops++;
      events.push(work(cores.shard, call.shard, at + rttMs / 2, exponential(opMs)) + rttMs / 2, call);
    } else if (call.step === 'store') {
      call.step = 'over';
      events.push(work(cores.replica, call.replica, at, exponential(callMs * (1 - BEFORE))), call);
    } else if (call.from > end * WARM) durations.push(at - call.from);
  }
  durations.sort((one, other) => one - other);
  const use = (lane) => Math.max(...lane.busy) / end;
  const quantile = (q) => durations[Math.floor(durations.length * q)] ?? 0;
  return { p50: quantile(0.5), p99: quantile(0.99), replicaUse: use(cores.replica), storeUse: use(cores.shard) };
}

function lanes(count) {
  return { free: new Array(count).fill(0), busy: new Array(count).fill(0) };
}

/** @returns when it is done */
function work({ free, busy }, lane, at, ms) {
  free[lane] = Math.max(free[lane], at) + ms;
  busy[lane] += ms;
  return free[lane];
}

/** Events by time. */
class Heap {
  #items = [];

  push(at, call) {
    const items = this.#items;
    let place = items.length;
    items.push({ at, call });
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (items[parent].at <= items[place].at) break;
      [items[parent], items[place]] = [items[place], items[parent]];
      place = parent;
    }
  }

  pop() {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0) return first;
    items[0] = last;
    for (let place = 0; ; ) {
      const left = 2 * place + 1;
      let least = place;
      if (left < items.length && items[left].at < items[least].at) least = left;
      if (left + 1 < items.length && items[left + 1].at < items[least].at) least = left + 1;
      if (least === place) return first;
      [items[place], items[least]] = [items[least], items[place]];
      place = least;
    }
  }
}

/** Numbers from 0 to below 1 (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * The arithmetic of limits (rate-limits.ts, token-bucket.ts) at a store, where several gateways count. A hash for each party:
 * `c` and `ct` are the level of its calls and the time of it, `b` and `bt` those of its bytes, `r:NAME` what runs in a gateway.
 */
import { NOW, storeScript } from '../store/shared-store.ts';
import { HOUR_MS, MINUTE_MS } from './rate-limits.ts';

const COMMON = `${NOW}
local KEPT_MS = 86400000
local function refilled(level, at, capacity, full)
  if not level then return capacity, now end
  at = tonumber(at)
  local gained = math.max(0, now - at) * capacity / full
  return math.min(capacity, tonumber(level) + gained), math.max(now, at)
end
local function exact(number) return string.format('%.17g', number) end`;

/**
 * Charges all parties, or none.
 *
 *     KEYS  the gateways that live, then one of each party
 *     ARGV  time or nothing, gateway, bytes of the request; of each party its three limits, -1 for none
 *
 * Returns the party that has no room (from 1), its limit (1 to 3) and the milliseconds to wait; or 0, and the levels of calls
 * and bytes of each party as text.
 */
export const ADMIT = storeScript(`${COMMON}
local own, bytes = 'r:' .. ARGV[2], tonumber(ARGV[3])
local function waitMs(level, amount, capacity, full)
  local missing = amount - level - 1e-6
  if missing <= 0 then return 0 end
  return math.ceil(missing * full / capacity)
end
local parties = {}
for n = 2, #KEYS do
  local at = 4 + (n - 2) * 3
  local most = { minute = tonumber(ARGV[at]), running = tonumber(ARGV[at + 1]), hour = tonumber(ARGV[at + 2]) }
  local flat, hash, dead, running = redis.call('HGETALL', KEYS[n]), {}, {}, 0
  for i = 1, #flat, 2 do hash[flat[i]] = flat[i + 1] end
  if most.running >= 0 then
    for field, count in pairs(hash) do
      if field:sub(1, 2) == 'r:' then
        local dies = field ~= own and tonumber(redis.call('ZSCORE', KEYS[1], field:sub(3)) or 0)
        if field == own or dies > now then running = running + tonumber(count) else dead[#dead + 1] = field end
      end
    end
    if running >= most.running then return { n - 1, 1, 0 } end
  end
  local party = { key = KEYS[n], most = most, dead = dead }
  if most.minute >= 0 then
    party.calls, party.callsAt = refilled(hash.c, hash.ct, most.minute, ${MINUTE_MS})
    local wait = waitMs(party.calls, 1, most.minute, ${MINUTE_MS})
    if wait > 0 then return { n - 1, 2, wait } end
  end
  if most.hour >= 0 then
    if bytes > most.hour then return { n - 1, 3, -1 } end
    party.bytes, party.bytesAt = refilled(hash.b, hash.bt, most.hour, ${HOUR_MS})
    local wait = waitMs(party.bytes, bytes, most.hour, ${HOUR_MS})
    if wait > 0 then return { n - 1, 3, wait } end
  end
  parties[n - 1] = party
end
local answer = { 0 }
for _, party in ipairs(parties) do
  local fields = {}
  if party.calls then
    for _, value in ipairs({ 'c', exact(party.calls - 1), 'ct', exact(party.callsAt) }) do fields[#fields + 1] = value end
  end
  if party.bytes then
    for _, value in ipairs({ 'b', exact(party.bytes - bytes), 'bt', exact(party.bytesAt) }) do fields[#fields + 1] = value end
  end
  if #fields > 0 then redis.call('HSET', party.key, unpack(fields)) end
  if party.most.running >= 0 then redis.call('HINCRBY', party.key, own, 1) end
  if #party.dead > 0 then redis.call('HDEL', party.key, unpack(party.dead)) end
  redis.call('PEXPIRE', party.key, KEPT_MS)
  answer[#answer + 1] = exact((party.calls or 1) - 1)
  answer[#answer + 1] = exact((party.bytes or bytes) - bytes)
end
return answer`);

/**
 * A call is over.
 *
 *     KEYS  one of each party
 *     ARGV  time or nothing, gateway, bytes of the result
 */
export const DONE = storeScript(`${COMMON}
local own = 'r:' .. ARGV[2]
for _, key in ipairs(KEYS) do
  local running = tonumber(redis.call('HGET', key, own) or 0)
  if running > 1 then redis.call('HINCRBY', key, own, -1) elseif running == 1 then redis.call('HDEL', key, own) end
  local level = redis.call('HGET', key, 'b')
  if level then redis.call('HSET', key, 'b', exact(level - ARGV[3])) end
end`);

/**
 * Says what runs in a gateway and what it let through while the store was not there.
 *
 *     KEYS  one party
 *     ARGV  time or nothing, gateway, running, calls, bytes, limits of calls and of bytes, -1 for none
 */
export const SETTLE = storeScript(`${COMMON}
local own, running = 'r:' .. ARGV[2], tonumber(ARGV[3])
local function charge(level, at, amount, capacity, full)
  if capacity < 0 or amount == 0 then return end
  local left, time = refilled(redis.call('HGET', KEYS[1], level) or nil, redis.call('HGET', KEYS[1], at), capacity, full)
  redis.call('HSET', KEYS[1], level, exact(left - amount), at, exact(time))
end
if running > 0 then redis.call('HSET', KEYS[1], own, running) else redis.call('HDEL', KEYS[1], own) end
charge('c', 'ct', tonumber(ARGV[4]), tonumber(ARGV[6]), ${MINUTE_MS})
charge('b', 'bt', tonumber(ARGV[5]), tonumber(ARGV[7]), ${HOUR_MS})
redis.call('PEXPIRE', KEYS[1], KEPT_MS)`);

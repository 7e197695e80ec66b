/** Limits of callers and agents, counted once: the first process counts, and workers ask it for each call that has a limit. */
import type { Snapshot } from '../config/snapshot.ts';
import type { Done, Limiter, LocalLimiter } from '../pipeline/rate-limits.ts';
import type { IpcChannel } from './ipc-channel.ts';
import type { PrimaryApi } from './ipc-messages.ts';

/** The limiter of a worker. */
export function askingLimiter(channel: IpcChannel<PrimaryApi>): Limiter {
  return {
    admit(snapshot, { principal, agent }, request) {
      const limits = snapshot.principals?.get(principal)?.limits ?? snapshot.agentTerms.get(agent)?.limits;
      if (limits === undefined) return undefined;
      return channel.ask('admit', principal, agent, request()).then((admission): Done | undefined => {
        if (admission === undefined) return undefined;
        return (result) => channel.tell('done', admission, result());
      });
    },
  };
}

/** The calls of one worker that were let in. */
interface Admissions {
  admit: PrimaryApi['admit'];
  done: PrimaryApi['done'];
  /** The worker is gone, and all its calls with it. */
  clear(): void;
}

export function createAdmissions(limiter: LocalLimiter, snapshot: () => Snapshot): Admissions {
  const running = new Map<number, Done>();
  let nextId = 1;
  return {
    admit(principal, agent, requestBytes) {
      const done = limiter.admit(snapshot(), { principal, agent }, () => requestBytes);
      if (done === undefined) return undefined;
      const id = nextId++;
      running.set(id, done);
      return id;
    },
    done(id, resultBytes) {
      running.get(id)?.(() => resultBytes);
      running.delete(id);
    },
    clear() {
      for (const done of running.values()) done(() => 0);
      running.clear();
    },
  };
}

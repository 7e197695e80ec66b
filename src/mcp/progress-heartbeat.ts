/** Progress of calls whose server is silent: some clients give up on a call that makes none (Claude Code after 300 s). */

/** Milliseconds of silence after which a caller that asked for progress hears that its call goes on. */
const QUIET_MS = 30_000;
/** Milliseconds between looks at all calls: one timer for all of them. */
const LOOK_MS = 10_000;
/** Progress must increase each time (2025-11-25, basic/utilities/progress): too little to matter beside what servers say. */
const STEP = 0.0001;

const WORKING = 'The server is still working.';

/** One call. A class, because many calls make one. */
class Beat {
  readonly #tell: (params: string) => void;
  readonly #over: (beat: Beat) => void;
  #heardAt = performance.now();
  #last = '';
  #beats = 0;
  #says = WORKING;

  constructor(tell: (params: string) => void, over: (beat: Beat) => void) {
    this.#tell = tell;
    this.#over = over;
  }

  /** Passes on what the server says of its progress. @param params inner text */
  readonly heard = (params: string): void => {
    this.#heardAt = performance.now();
    this.#last = params;
    this.#beats = 0;
    this.#tell(params);
  };

  /** Says at once, and from then on, what the call waits for; undefined for the server again. */
  readonly waits = (message: string | undefined): void => {
    this.#says = message ?? WORKING;
    if (message !== undefined) this.#beat(performance.now());
  };

  look(now: number): void {
    if (now - this.#heardAt >= QUIET_MS) this.#beat(now);
  }

  #beat(now: number): void {
    this.#heardAt = now;
    this.#beats++;
    const reached = Number(/"progress"\s*:\s*(-?[\d.eE+-]+)/.exec(this.#last)?.[1] ?? 0);
    this.#tell(`"progress":${reached + this.#beats * STEP},"message":${JSON.stringify(this.#says)}`);
  }

  end(): void {
    this.#over(this);
  }
}

interface ProgressHeartbeat {
  /** @param tell sends progress to the caller; takes the inner text of the params, without `progressToken` */
  begin(tell: (params: string) => void): Pick<Beat, 'heard' | 'waits' | 'end'>;
}

export function createProgressHeartbeat(): ProgressHeartbeat {
  const beats = new Set<Beat>();
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => {
    const now = performance.now();
    for (const beat of beats) beat.look(now);
    if (beats.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const over = (beat: Beat): void => void beats.delete(beat);

  return {
    begin(tell) {
      const beat = new Beat(tell, over);
      beats.add(beat);
      timer ??= setInterval(look, LOOK_MS).unref();
      return beat;
    },
  };
}

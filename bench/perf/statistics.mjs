export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Medians over the rounds of one target. */
export function summary({ name, rounds, idleMb, loadedMb }) {
  const of = (field) => median(rounds.map((round) => round[field]));
  return {
    target: name,
    perSecond: of('perSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    cpuUs: of('cpuUs'),
    idleMb,
    loadedMb,
  };
}

/** The rows of one scenario; the ratio is to the floor of the same rounds. */
export function summarise({ scenario, rows }) {
  const targets = rows.map(summary);
  const floor = targets.find(({ target }) => target === 'floor');
  return {
    ...scenario,
    targets: targets.map((row) => ({ ...row, ...(floor && { ratio: row.perSecond / floor.perSecond }) })),
  };
}

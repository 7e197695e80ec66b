/** Two targets that were measured in the same rounds, one against the other. */
import { say } from './say.mjs';
import { median } from './statistics.mjs';

/** Prints for each figure the medians of both, and the median of the ratios of each round. */
export function compare(base, other) {
  for (const field of ['perSecond', 'p50Ms', 'p99Ms', 'cpuUs']) {
    const ratios = base.rounds.map((round, at) => other.rounds[at][field] / round[field]);
    const of = ({ name, rounds }) =>
      `${name} ${median(rounds.map((round) => round[field]))
        .toFixed(3)
        .padStart(10)}`;
    say(
      `${field.padEnd(10)} ${of(base)}  ${of(other)}  ${other.name}/${base.name}, median of the rounds ${median(ratios).toFixed(3)}`,
    );
  }
}

/** One line for whoever runs the benchmark. */
export function say(line = '') {
  process.stdout.write(`${line}\n`);
}

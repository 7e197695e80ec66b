/** `--name value` pairs of a process of the benchmark. */
export function options() {
  const given = process.argv.slice(2);
  const read = new Map();
  for (let at = 0; at < given.length; at += 2) read.set(given[at].slice(2), given[at + 1]);
  return read;
}

/** Listens on a free port of loopback and says which one on stdout; ends with stdin. */
export function announce(server) {
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
  process.stdin.on('end', () => process.exit(0)).resume();
}

/** Memory, CPU, event loop and garbage collection of the process, by prom-client. Loaded at the first scrape: it costs a start. */

let metrics: Promise<() => Promise<string>> | undefined;

/** The families in the text format of Prometheus. */
export async function processMetrics(): Promise<string> {
  metrics ??= load();
  return (await metrics)();
}

async function load(): Promise<() => Promise<string>> {
  const client = (await import('prom-client')).default;
  const register = new client.Registry();
  client.collectDefaultMetrics({ register });
  return () => register.metrics();
}

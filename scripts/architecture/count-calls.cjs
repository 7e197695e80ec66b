/** Counts, inside a gateway, the functions that ran since it was last asked, and writes the scripts they are in to `COUNTS`. */
const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector');

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

process.on('message', () => {
  session.post('Profiler.takePreciseCoverage', (_, { result }) => {
    const ran = result.filter(({ functions }) => functions.some(({ ranges }) => ranges[0].count > 0));
    writeFileSync(process.env.COUNTS, JSON.stringify(ran.map(({ url }) => ({ url }))));
    process.send('counted');
  });
});
process.channel?.unref();

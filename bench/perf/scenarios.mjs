/** What is measured. A scenario is one way of calling; every one is compared with the floor of its kind. */

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {'http' | 'stdio'} behind what the server speaks
 * @property {'legacy' | 'modern'} era of the caller and of the server
 * @property {'execute' | 'direct'} mode
 * @property {number} concurrency
 * @property {number} size bytes of the result's text
 * @property {number} servers
 */

const BASE = { behind: 'http', era: 'modern', mode: 'execute', concurrency: 16, size: 64, servers: 1 };

/** @returns {Scenario} with a name that says all that is not usual. */
export function scenario(given = {}) {
  const { behind, era, mode, concurrency, size, servers } = { ...BASE, ...given };
  const parts = [
    behind,
    era,
    mode,
    `c${concurrency}`,
    sizeName(size),
    ...(servers === 1 ? [] : [`${servers}-servers`]),
  ];
  return { name: parts.join(' '), behind, era, mode, concurrency, size, servers };
}

export function sizeName(size) {
  if (size >= 1024 * 1024) return `${size / 1024 / 1024}MB`;
  return size >= 1024 ? `${size / 1024}KB` : `${size}B`;
}

export const QUICK = [
  scenario(),
  scenario({ concurrency: 1 }),
  scenario({ concurrency: 64 }),
  scenario({ era: 'legacy' }),
  scenario({ mode: 'direct' }),
  scenario({ behind: 'stdio' }),
  scenario({ behind: 'stdio', era: 'legacy' }),
  scenario({ size: 256 * 1024 }),
];

const KB = 1024;
const MB = 1024 * KB;

/** The scenarios of `npm run bench`, and what is measured in each. */
export const FULL = [
  ...[1, 16, 64].map((concurrency) => row({ concurrency }, concurrency === 1 ? [] : ['raw', 'workers', 'sdk'])),
  ...[1, 16, 64].map((concurrency) => row({ era: 'legacy', concurrency }, concurrency === 16 ? ['sdk'] : [])),
  row({ mode: 'direct' }),
  row({ mode: 'direct', era: 'legacy' }),
  ...[1, 16, 64].map((concurrency) => row({ behind: 'stdio', concurrency }, concurrency === 16 ? ['raw', 'sdk'] : [])),
  row({ behind: 'stdio', era: 'legacy' }),
  row({ behind: 'stdio', mode: 'direct' }),
  ...[4 * KB, 256 * KB, 2 * MB].map((size) => row({ size })),
  row({ behind: 'stdio', size: 256 * KB }),
  row({ servers: 100 }),
  row({ servers: 1000 }),
];

/** What gateways of others are measured in. */
export const PEERS = ['http', 'stdio'].flatMap((behind) =>
  [1, 16].map((concurrency) => scenario({ behind, mode: 'direct', era: 'legacy', concurrency })),
);

function row(given, more = []) {
  return { scenario: scenario(given), targets: ['floor', 'gateway', ...more] };
}

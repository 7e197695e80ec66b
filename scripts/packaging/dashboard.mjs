/** packaging/grafana: a dashboard of `/metrics`. Panels are rows of three columns, or of eight for single numbers. */

const M = 'agent_mcp_gateway_';
/** The labels that every expression chooses by. */
const HERE = 'instance=~"$instance"';
const SERVER = `${HERE},server=~"$server"`;
const rate = (metric, labels = HERE) => `rate(${M}${metric}{${labels}}[$__rate_interval])`;
const quantile = (q, metric, by = '') =>
  `histogram_quantile(${q}, sum by (${by}le) (${rate(`${metric}_bucket`, SERVER)}))`;

const NUMBERS = [
  ['Gateways', `count(${M}uptime_seconds{${HERE}})`, 'none'],
  ['Configurations', `count(count by (configuration) (${M}config_info{${HERE}}))`, 'none'],
  ['Servers ready', `sum(${M}servers_ready{${HERE}})`, 'none'],
  ['Calls', `sum(${rate('call_duration_seconds_count', SERVER)})`, 'reqps'],
  [
    'Failed',
    `sum(${rate('call_errors_total', SERVER)}) / sum(${rate('call_duration_seconds_count', SERVER)})`,
    'percentunit',
  ],
  ['p95', quantile(0.95, 'call_duration_seconds'), 's'],
  ['Refused by rules', `sum(${rate('errors_total', `${HERE},code="DENIED_BY_POLICY"`)})`, 'reqps'],
];

/** Title, unit, and pairs of an expression and the legend of its lines. */
const CHARTS = [
  ['Calls by server', 'reqps', [[`sum by (server) (${rate('call_duration_seconds_count', SERVER)})`, '{{server}}']]],
  [
    'Failed calls by server',
    'reqps',
    [[`sum by (server, code) (${rate('call_errors_total', SERVER)})`, '{{server}} {{code}}']],
  ],
  ['Duration of calls by server, p95', 's', [[quantile(0.95, 'call_duration_seconds', 'server, '), '{{server}}']]],
  [
    'Where the time goes, p95',
    's',
    [
      [quantile(0.95, 'call_queue_duration_seconds'), 'queue'],
      [quantile(0.95, 'call_server_duration_seconds'), 'server'],
      [quantile(0.95, 'call_gateway_duration_seconds'), 'gateway'],
    ],
  ],
  ['Queue by server, p95', 's', [[quantile(0.95, 'call_queue_duration_seconds', 'server, '), '{{server}}']]],
  [
    'Calls that run and wait',
    'none',
    [
      [`sum by (server) (${M}server_calls{${SERVER}})`, '{{server}} runs'],
      [`sum by (server) (${M}server_waiting{${SERVER}})`, '{{server}} waits'],
    ],
  ],
  ['Operations by agent', 'reqps', [[`sum by (agent) (${rate('operations_total')})`, '{{agent}}']]],
  ['Refused and failed by agent', 'reqps', [[`sum by (agent, code) (${rate('errors_total')})`, '{{agent}} {{code}}']]],
  ['Refused requests', 'reqps', [[`sum by (reason) (${rate('refused_requests_total')})`, '{{reason}}']]],
  ['Tokens that agents read', 'none', [[`sum by (agent, kind) (${rate('tokens_total')})`, '{{agent}} {{kind}}']]],
  ['Servers by state', 'none', [[`count by (state) (${M}server_state{${SERVER}} == 1)`, '{{state}}']]],
  [
    'Calls by gateway',
    'reqps',
    [[`sum by (instance) (${rate('call_duration_seconds_count', SERVER)})`, '{{instance}}']],
  ],
  [
    'Store of several gateways',
    'none',
    [
      [`min by (instance) (${M}store_up{${HERE}})`, '{{instance}} reaches it'],
      [`max by (instance) (${M}store_replicas{${HERE}})`, '{{instance}} sees gateways'],
    ],
  ],
  ['Sessions', 'none', [[`sum by (instance) (${M}sessions{${HERE}})`, '{{instance}}']]],
  [
    'Processor time',
    'percentunit',
    [[`sum by (instance) (rate(process_cpu_seconds_total{${HERE}}[$__rate_interval]))`, '{{instance}}']],
  ],
  ['Memory', 'bytes', [[`sum by (instance) (process_resident_memory_bytes{${HERE}})`, '{{instance}}']]],
  ['Event loop, p99', 's', [[`max by (instance) (nodejs_eventloop_lag_p99_seconds{${HERE}})`, '{{instance}}']]],
];

const SOURCE = { type: 'prometheus', uid: '$datasource' };

export function dashboard() {
  const numbers = NUMBERS.map(([title, expr, unit], at) =>
    panel('stat', title, unit, [[expr, '']], { h: 4, w: 3, x: at * 3, y: 0 }),
  );
  const charts = CHARTS.map(([title, unit, targets], at) =>
    panel('timeseries', title, unit, targets, { h: 8, w: 8, x: (at % 3) * 8, y: 4 + Math.floor(at / 3) * 8 }),
  );
  return {
    title: 'agent-mcp-gateway',
    uid: 'agent-mcp-gateway',
    description: 'Calls of agents to MCP servers: how many, how long, what failed, what was refused.',
    tags: ['mcp'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        choice('instance', `label_values(${M}uptime_seconds, instance)`),
        choice('server', `label_values(${M}server_state{${HERE}}, server)`),
      ],
    },
    panels: [...numbers, ...charts].map((one, at) => ({ id: at + 1, ...one })),
  };
}

function choice(name, query) {
  return {
    name,
    type: 'query',
    datasource: SOURCE,
    query: { query, refId: name },
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

function panel(type, title, unit, targets, gridPos) {
  return {
    type,
    title,
    datasource: SOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: targets.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  };
}

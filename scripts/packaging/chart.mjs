/** The files of the Helm chart that say what the program says: its version, alerts and dashboard. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { HOMEPAGE, NAME, root, SUMMARY, VERSION } from './names.mjs';

/** The folder of the chart, from the root of the repository. */
export const CHART = 'deploy/helm/agent-mcp-gateway';

/** Paths from the root of the repository -> texts. @param dashboard the text of the dashboard */
export function chartFiles(dashboard) {
  const rules = readFileSync(path.join(root, 'packaging/prometheus/agent-mcp-gateway.rules.yaml'), 'utf8');
  return [
    [`${CHART}/Chart.yaml`, manifest()],
    [`${CHART}/files/rules.yaml`, rules],
    [`${CHART}/files/dashboard.json`, dashboard],
  ];
}

function manifest() {
  return `apiVersion: v2
name: ${NAME}
description: ${SUMMARY}
type: application
version: ${VERSION}
appVersion: ${VERSION}
kubeVersion: ">=1.27.0-0"
home: ${HOMEPAGE}
`;
}

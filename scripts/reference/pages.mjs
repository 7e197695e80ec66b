/** The reference pages, by path. */
import { loadSource } from '../load-source.mjs';
import { auditPage } from './audit.mjs';
import { commandsPage } from './commands.mjs';
import { errorsPage } from './errors.mjs';
import { rulesFilePage, serversFilePage } from './files.mjs';
import { metricsPage } from './metrics.mjs';
import { variablesPage } from './variables.mjs';

/** Paths from the root of the repository -> texts. */
export async function referencePages() {
  const source = await loadSource({
    program: 'src/cli/program.ts',
    variables: 'src/config/setting-variables.ts',
    schemas: 'src/config/json-schemas.ts',
    errors: 'src/shared/errors.ts',
    meanings: 'src/shared/error-meanings.ts',
    lines: 'src/audit/record-line.ts',
  });
  const schemas = source.schemas.jsonSchemas();
  return new Map([
    ['docs/cli.md', commandsPage(await source.program.createProgram(['node', 'agent-mcp-gateway', 'help']))],
    ['docs/reference/variables.md', variablesPage(source.variables.VARIABLES)],
    ['docs/reference/servers-file.md', serversFilePage(schemas.get('mcp.schema.json'))],
    ['docs/reference/rules-file.md', rulesFilePage(schemas.get('rules.schema.json'))],
    ['docs/reference/errors.md', errorsPage(source.errors.CATALOGUE, source.meanings.ERROR_GROUPS)],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/audit-record.md', auditPage(source.lines)],
  ]);
}

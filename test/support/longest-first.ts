import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take long, whatever their size says: begun last, they would run alone at the end. */
const LONG = [
  'matrix/http',
  'matrix/stdio',
  'project/commands',
  'setup/setup',
  'cli/cli',
  'setup/entries',
  'identity/credential-ends',
  'gateway-tools/execute',
  'cli/trust',
];

/** Starts what takes long first, and unit tests last; those of a project in a row, because they share what is loaded. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rankOf = ({ project, moduleId }: TestSpecification): number => {
      if (project.name === 'unit') return LONG.length + 1;
      const at = LONG.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
      return at === -1 ? LONG.length : at;
    };
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
